//! Files that commands write.

use crate::run::Place;

#[test]
fn init_writes_a_file_that_can_be_used_once_it_is_filled_in() {
    let place = Place::new();
    insta::assert_snapshot!(place.shown(&["init"]), @r#"
    exit code 0
    --- stdout
    wrote lockstep.toml
    Next: put your workspace and identity in it, then see what would change with `lockstep plan`.
    "#);
    let written = std::fs::read_to_string(place.path().join("lockstep.toml")).expect("it was written");
    assert!(written.contains("\npolicy = \"observe\"\n"), "{written}");
    let filled = written.replace("RESOURCE-GROUP", "rg").replace("WORKSPACE-NAME", "soc-workspace");
    let place = place.with("filled.toml", &filled.replace("auth = \"azure-cli\"", "auth = \"client-secret\""));
    // It goes as far as asking who signs in: everything before that is as it has to be.
    insta::assert_snapshot!(place.shown(&["plan", "--config", "filled.toml"]), @r#"
    exit code 2
    --- stderr
    error: auth "client-secret" does not say which application: AZURE_CLIENT_ID is not set
      --> filled.toml:16:8
       |
    16 | auth = "client-secret"
       |        ^^^^^^^^^^^^^^^ needs a client id
       |
       = help: set AZURE_CLIENT_ID or client_id = "GUID"
    "#);
}

#[test]
fn init_leaves_a_file_that_is_there() {
    let place = Place::new().with("mine.toml", "# mine\n");
    insta::assert_snapshot!(place.shown(&["init", "--config", "mine.toml"]), @r#"
    exit code 2
    --- stderr
    error: mine.toml is there already and was left as it is
     |
     = help: name another file with --config FILE, or move that one away
    "#);
    assert_eq!(std::fs::read_to_string(place.path().join("mine.toml")).expect("it is there"), "# mine\n");
}

#[test]
fn a_ledger_that_is_not_there_is_no_empty_ledger() {
    insta::assert_snapshot!(Place::new().shown(&["ledger", "--ledger", "gone.db"]), @r#"
    exit code 7
    --- stderr
    error: there is no ledger at gone.db; the first run that writes makes one
    "#);
}

#[test]
fn a_file_that_is_no_ledger_is_left_alone() {
    let place = Place::new().with("notes.txt", "my notes\n");
    let output = place.run(&["ledger", "--ledger", "notes.txt"]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(std::fs::read_to_string(place.path().join("notes.txt")).expect("it is there"), "my notes\n");
}
