//! I8: one instance at a time writes to a ledger, and one that dies holds nothing.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use lockstep_ledger::{Error, History, Ledger, verify};

use crate::given::*;

#[tokio::test]
async fn i08_a_second_instance_is_told_who_holds_the_ledger() {
    let (folder, path) = place();
    let ledger = Ledger::open(log(&path), &holder("soc-1")).await.unwrap();
    append_all(&ledger, [started(1)]).await;
    let check = async |path: &Path| {
        let error = Ledger::open(log(path), &holder("soc-2")).await.unwrap_err();
        let Error::Held { holder, .. } = error else { panic!("{error:?}") };
        assert_eq!(holder, format!("soc-1 (process {}, since 2025-11-24T16:00:00Z)", std::process::id()));
    };
    check(&path).await;
    #[cfg(unix)]
    {
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        check(&link).await;
    }

    assert_eq!(History::replay(&*log(&path)).await.unwrap().entries(), 1, "reading needs no lease");
    append_all(&ledger, [ended(1)]).await;
    drop(ledger);
    assert_eq!(opened(&path).await.history().entries(), 2);
}

/// Runs the test of this name in a process of its own, which finds the ledger's path in its environment.
fn child(test: &str, path: &Path) -> (Child, impl Iterator<Item = String>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out: BufReader<ChildStdout> = BufReader::new(child.stdout.take().unwrap());
    let said = out.lines().map_while(Result::ok).filter_map(|line| Some(line.split_once(SAYS)?.1.to_owned()));
    (child, said)
}

/// In the child, the path of the ledger that it is to use.
#[expect(clippy::disallowed_methods, reason = "a child of a test is told what to do by its environment")]
fn in_child() -> Option<PathBuf> {
    env::var_os(CHILD).map(PathBuf::from)
}

const CHILD: &str = "LOCKSTEP_LEDGER_OF_A_TEST";
const SAYS: &str = "child: ";

#[tokio::test]
async fn i08_a_killed_process_holds_nothing() {
    if let Some(path) = in_child() {
        let ledger = Ledger::open(log(&path), &holder("child")).await.unwrap();
        append_all(&ledger, [started(1)]).await;
        println!("{SAYS}held");
        std::future::pending::<()>().await;
    }
    let (_folder, path) = place();
    let (mut child, mut said) = child("leasing::i08_a_killed_process_holds_nothing", &path);
    assert_eq!(said.next().as_deref(), Some("held"));
    let error = try_open(&path).await.unwrap_err();
    let expected = format!("is in use by child (process {}, since 2025-11-24T16:00:00Z)", child.id());
    assert!(error.to_string().contains(&expected), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(opened(&path).await.history().entries(), 1);
}

#[tokio::test]
async fn i06_what_was_answered_for_survives_a_kill() {
    if let Some(path) = in_child() {
        let ledger = opened(&path).await;
        let entries = ledger.history().entries();
        append_all(&ledger, [started(u128::from(entries) + 1)]).await;
        let writers = (0..8).map(|writer| {
            let ledger = ledger.clone();
            async move {
                let mut on = (entries + 1) * 1_000_000 + writer * 100_000;
                loop {
                    let intent = ledger.append(time(on), intended(u128::from(entries) + 1, on)).await.unwrap();
                    println!("{SAYS}{}", intent.number);
                    let done = ledger.append(time(on), done(intent.number)).await.unwrap();
                    println!("{SAYS}{}", done.number);
                    on += 1;
                }
            }
        });
        futures::future::join_all(writers).await;
    }
    let (_folder, path) = place();
    let mut answered = 0;
    for round in 0..12 {
        let (mut child, mut said) = child("leasing::i06_what_was_answered_for_survives_a_kill", &path);
        for number in said.by_ref().take(20 + round * 7) {
            answered = answered.max(number.parse().unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        answered = said.filter_map(|number| number.parse().ok()).fold(answered, u64::max);

        let ledger = opened(&path).await;
        assert!(ledger.history().entries() >= answered, "{} of {answered}", ledger.history().entries());
        assert_eq!(verify(ledger.log()).await.unwrap().entries, ledger.history().entries());
        let open: Vec<_> = ledger.history().open_intents().map(|open| open.write).collect();
        assert!(open.len() <= 8);
        append_all(&ledger, open.into_iter().map(|write| settled(write.0, false))).await;
    }
    assert!(answered > 500);
}

/// A limit on the size of files stands in for a full disk: the operating system refuses the write that goes beyond it.
#[cfg(unix)]
#[tokio::test]
async fn i16_a_write_that_the_disk_refuses_is_an_error_before_the_effect() {
    if let Some(path) = in_child() {
        let ledger = opened(&path).await;
        append_all(&ledger, [started(1)]).await;
        let mut failed = 0;
        for on in 0..10_000 {
            match ledger.append(time(on), intended(1, on)).await {
                Ok(_) => assert_eq!(failed, 0, "room came from nowhere"),
                Err(Error::Io { .. } | Error::Full { .. }) => failed += 1,
                Err(other) => panic!("{other:?}"),
            }
            if failed == 3 {
                println!("{SAYS}{}", ledger.history().entries());
                return;
            }
        }
        panic!("the limit was never reached");
    }
    let (_folder, path) = place();
    let test = "leasing::i16_a_write_that_the_disk_refuses_is_an_error_before_the_effect";
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 600; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, &path)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let entries = said.lines().find_map(|line| line.split_once(SAYS)?.1.parse::<u64>().ok());
    let entries = entries.unwrap_or_else(|| panic!("{said}\n{errors}"));

    let ledger = opened(&path).await;
    assert_eq!(ledger.history().entries(), entries);
    append_all(&ledger, [refused(2)]).await;
    assert_eq!(verify(ledger.log()).await.unwrap().entries, entries + 1);
}
