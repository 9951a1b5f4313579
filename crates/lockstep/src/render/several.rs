//! Several workspaces: where the results of one begin, and how each ended.

use super::Screen;
use super::safe;
use super::table::{cell, table};
use crate::exit_code::ExitCode;

/// Where what is said about a workspace begins.
pub fn workspace(name: &str, screen: &mut Screen) {
    screen.line(&format!("== {} ==", safe(name)));
}

/// How each workspace ended, with its code.
pub fn ends(ends: &[(String, ExitCode)], screen: &mut Screen) {
    let mut shown = table(&["workspace", "code", "ended"]);
    for (name, exit) in ends {
        shown.add_row([cell(name), cell(&exit.number().to_string()), cell(exit.says())]);
    }
    screen.line("");
    screen.line(&shown.to_string());
}
