//! The project's own chores: `cargo xtask COMMAND`.
//!
//! What a user of lockstep runs lives in the binary; what only somebody who works on lockstep runs lives here.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the person who runs it")]

mod bench;
mod buttons;
mod child;
mod conformance;
mod fuzz;
mod job_loop;
mod kill_loop;
mod kql_corpus;
mod planted_bugs;
mod tidy;
mod tree;

use std::process::ExitCode;

use anyhow::Result;

use crate::tree::Tree;

/// Exit codes: 0 done, 1 the chore found fault or failed, 2 the command line is wrong.
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some(command) = COMMANDS.iter().find(|command| Some(&command.name) == words.first()) else {
        eprint!("{}", usage());
        return ExitCode::from(if matches!(words[..], ["help" | "--help" | "-h"]) { 0 } else { 2 });
    };
    match (command.run)(&words[1..]) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}: {error:#}", command.name);
            ExitCode::FAILURE
        }
    }
}

/// One chore.
struct Command {
    name: &'static str,
    takes: &'static str,
    says: &'static str,
    /// Whether all was well.
    run: fn(&[&str]) -> Result<bool>,
}

/// Every chore; CONTRIBUTING.md names each of them, which `tidy` checks.
const COMMANDS: &[Command] = &[
    Command {
        name: "tidy",
        takes: "",
        says: "checks what the compiler cannot: walls, words, documents",
        run: tidy::run,
    },
    Command {
        name: "bench",
        takes: "[demo|kql|sync]",
        says: "measures what is promised about speed and size",
        run: bench::run,
    },
    Command {
        name: "buttons",
        takes: "",
        says: "writes the ways to deploy into the documents, from deploy/home.toml",
        run: buttons::run,
    },
    Command {
        name: "conformance",
        takes: "[az|...|oav|fuzz]",
        says: "walks the twin with the vendor's own clients, and counts the differences",
        run: conformance::run,
    },
    Command {
        name: "kill-loop",
        takes: "[--rounds N]",
        says: "kills an apply at random moments and checks that nothing was lost, doubled or left unexplained",
        run: kill_loop::run,
    },
    Command {
        name: "planted-bugs",
        takes: "[WORD ..]",
        says: "plants bugs in a copy of the source, and checks that the test which is to notice each does",
        run: planted_bugs::run,
    },
    Command {
        name: "job-loop",
        takes: "",
        says: "starts the scheduled job a hundred times on an empty disk, some at once, over a ledger in append blobs",
        run: job_loop::run,
    },
    Command {
        name: "fuzz",
        takes: "[lexer|parser|query] [SECONDS] [SEED]",
        says: "feeds the query engine what nobody would write, a minute each if not said otherwise",
        run: fuzz::run,
    },
    Command {
        name: "kql-reference",
        takes: "",
        says: "prints the reference page of the query language, which is docs/kql-reference.md",
        run: |_| {
            print!("{}", ::kql::reference::page());
            Ok(true)
        },
    },
    Command {
        name: "kql-corpus",
        takes: "DIR [--failing]",
        says: "counts what the query engine answers rightly, refuses and answers wrongly over the corpora of a folder",
        run: kql_corpus::run,
    },
];

fn usage() -> String {
    let mut text = String::from("cargo xtask COMMAND\n\n");
    for Command { name, takes, says, .. } in COMMANDS {
        text.push_str(&format!("  {:<24} {says}\n", format!("{name} {takes}")));
    }
    text
}
