//! What is typed wrong is said with exit code 2; what helps is printed whole.

use std::process::Stdio;

use crate::run::Place;

/// Runs with arguments that nobody can use, and looks for words of the answer.
fn check_refused(arguments: &[&str], expected: &[&str]) {
    let output = Place::new().run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for words in expected {
        assert!(said.contains(words), "{arguments:?}: {words:?} is not in {said}");
    }
}

#[test]
fn what_was_typed_wrong_is_named() {
    check_refused(&["--frobnicate"], &["--frobnicate"]);
    check_refused(&["plan", "--frobnicate"], &["--frobnicate"]);
    check_refused(&["frobnicate"], &["frobnicate"]);
    check_refused(&["plan", "--format", "yaml"], &["yaml", "text", "json"]);
    check_refused(&["twin", "--now", "yesterday"], &["yesterday", "2024-05-01T12:00:00Z"]);
    check_refused(&["twin", "--delay", "soon"], &["soon", "--delay"]);
    check_refused(&["twin", "--listen", "localhost"], &["localhost", "--listen"]);
    check_refused(&["watch", "--interval", "1ms"], &["1ms", "1s"]);
    check_refused(&["kql", "run", "q.kql", "--query", "print 1"], &["--query"]);
    check_refused(&["ledger", "verify", "--run", "x"], &["--run"]);
    check_refused(&[], &["Usage"]);
}

#[test]
fn ids_that_are_none_are_refused() {
    check_refused(&["ledger", "--ledger", "l.db", "--run", "x"], &["\"x\" is no run"]);
    check_refused(&["ledger", "--ledger", "l.db", "--incident", "1"], &["\"1\" is no incident"]);
}

#[test]
fn help_and_man_page_hold_the_exit_codes_and_the_environment() {
    for arguments in [["--help"], ["man"]] {
        let output = Place::new().run(&arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        for words in ["8  the plan is stale", "AZURE_CLIENT_SECRET"] {
            assert!(said.contains(words), "{words:?} is not in {said}");
        }
    }
}

#[test]
fn man_pages_are_written_for_every_command() {
    let place = Place::new();
    assert!(place.run(&["man", "--out", "."]).status.success());
    for page in ["lockstep.1", "lockstep-plan.1", "lockstep-kql-run.1"] {
        assert!(place.path().join(page).is_file(), "{page}");
    }
    check_refused(&["man", "--out", "nowhere"], &["nowhere"]);
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Place::new().run(&["completions", shell]);
        assert!(output.status.success() && output.stdout.len() > 1000, "{shell}");
    }
}

#[test]
fn a_reader_who_leaves_is_no_failure() {
    let place = Place::new();
    let mut child = place.command(&["completions", "bash"]).stdout(Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    assert!(child.wait().expect("it ends").success());
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let output = Place::new().command(&["completions", "bash"]).stdout(full).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output could not be written"));
}
