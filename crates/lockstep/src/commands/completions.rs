//! `lockstep completions`: a completion script for a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::exit_code::ExitCode;
use crate::render::Screen;

/// Prints the script.
pub fn run(shell: Shell, screen: &mut Screen) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "lockstep", &mut script);
    screen.bytes(&script);
    ExitCode::Done
}
