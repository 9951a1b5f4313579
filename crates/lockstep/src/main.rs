//! lockstep keeps Microsoft Defender for Cloud alerts and Microsoft Sentinel incidents in step.
//!
//! This crate is the binary: what was typed ([`arguments`]), what it means ([`settings`], [`policy_file`]), the commands that
//! wire the other crates together ([`commands`]), what is printed ([`render`]) and what the process ends with
//! ([`exit_code`]). What should happen, and how it is done, is decided elsewhere.

mod arguments;
mod commands;
mod exit_code;
mod export;
mod logging;
mod plan_file;
mod platform;
mod policy_file;
mod problem;
mod render;
mod settings;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;

use clap::Parser;

use crate::arguments::Arguments;
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::Screen;
use crate::settings::Environment;

fn main() -> process::ExitCode {
    let arguments = Arguments::parse();
    let environment = Environment::read();
    let mut screen = Screen::new();
    let run = || {
        logging::start(&arguments.common, &environment)
            .and_then(|()| commands::run(arguments, &environment, &mut screen))
    };
    let code = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(code)) => code,
        Ok(Err(problem)) => {
            screen.problem(&problem);
            problem.exit
        }
        // The panic has said what it is about.
        Err(_) => return process::ExitCode::FAILURE,
    };
    match screen.finish() {
        Err(error) if code == ExitCode::Done => {
            Screen::new().problem(&Problem::usage("standard output could not be written").because(&error));
            ExitCode::Usage.into()
        }
        _ => code.into(),
    }
}
