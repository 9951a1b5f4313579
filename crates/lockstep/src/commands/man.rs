//! `lockstep man`: the man pages, made from the same text as `--help`.

use std::path::Path;

use clap::CommandFactory;

use crate::arguments::Arguments;
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::Screen;

/// Prints the page of lockstep itself, or writes the pages of all commands to a folder.
///
/// # Errors
/// The folder cannot be written to.
pub fn run(out: Option<&Path>, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let command = Arguments::command();
    match out {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).expect("a Vec takes all that is written");
            screen.bytes(&page);
        }
        Some(folder) => clap_mangen::generate_to(command, folder).map_err(|error| {
            Problem::usage(format!("no pages can be written to {}", folder.display())).because(&error)
        })?,
    }
    Ok(ExitCode::Done)
}
