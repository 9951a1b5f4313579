//! Worlds that outlive their twin: exported, imported, kept in a folder.

use std::fs;
use std::path::Path;
use std::time::Duration;

use lockstep_twin::world::{AlertRef, Portal, Settings};
use lockstep_twin::{Kept, Pace, Twin};
use proptest::prelude::*;

use crate::cloud::{Cloud, send};
use crate::histories::{Act, act, play};

fn exported(twin: &Twin) -> String {
    let mut lines = Vec::new();
    twin.export(&mut lines).unwrap();
    String::from_utf8(lines).unwrap()
}

fn imported(lines: &str) -> Twin {
    Twin::import(lines.as_bytes(), Pace::Stepped).unwrap()
}

/// That both tell the same: the first line that differs is enough to read.
fn same(left: &str, right: &str, why: &str) {
    if let Some((left, right)) = left.lines().zip(right.lines()).find(|(left, right)| left != right) {
        panic!("{why}:\n{left}\n{right}");
    }
    assert_eq!(left.len(), right.len(), "{why}");
}

fn live(twin: &Twin, alerts: &mut Vec<AlertRef>, acts: &[Act]) {
    for act in acts {
        if let Act::Pass(seconds) = act {
            twin.clock().step(Duration::from_secs(*seconds));
        }
        twin.with(|world| play(world, alerts, *act));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_world_goes_on_from_its_lines_as_it_would_have_gone_on(
        before in prop::collection::vec(act(), 1..25),
        after in prop::collection::vec(act(), 1..25),
        defender in any::<bool>(),
        seed in any::<u64>(),
        delay in 0_u64..90,
    ) {
        let portal = if defender { Portal::Defender } else { Portal::Azure };
        let (delay, jitter) = (Duration::from_secs(delay), Duration::from_secs(20));
        let settings = Settings { portal, seed, delay, jitter, duplicate_rows: 0.2, late_rows: 0.2, ..Settings::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut twins = Vec::new();
            for _ in 0..2 {
                let twin = Cloud::with(settings.clone()).await.twin;
                let mut alerts = Vec::new();
                live(&twin, &mut alerts, &before);
                twins.push((twin, alerts));
            }
            let (lines, again) = (exported(&twins[0].0), exported(&twins[1].0));
            same(&lines, &again, "two twins of one seed and one history are equal");
            let copy = imported(&lines);
            same(&exported(&copy), &lines, "what is imported is exported again");
            let (twin, mut alerts) = twins.remove(0);
            live(&copy, &mut alerts.clone(), &after);
            live(&twin, &mut alerts, &after);
            same(&exported(&copy), &exported(&twin), "both go on alike");
        });
    }
}

/// What clients do in a kept world, over the wire.
const CALLS: &[(&str, &str)] = &[
    ("POST /_twin/alerts", r#"{"count": 2}"#),
    ("PUT {sentinel}/incidents/i1", r#"{"properties":{"title":"a","severity":"High","status":"New"}}"#),
    ("PUT {sentinel}/incidents/i1/comments/c1", r#"{"properties":{"message":"é \"quoted\""}}"#),
    ("PUT {sentinel}/incidents/i1/tasks/t1", r#"{"properties":{"title":"t","status":"New"}}"#),
    ("PUT {sentinel}/bookmarks/b1", r#"{"properties":{"displayName":"b","query":"q"}}"#),
    ("POST /_twin/clock/step", r#"{"seconds": 90}"#),
    ("PUT {sentinel}/incidents/i2", r#"{"properties":{"title":"b","severity":"Low","status":"Active"}}"#),
    ("DELETE {sentinel}/incidents/i1", ""),
    ("PUT /_twin/settings", r#"{"delay": 30, "portal": "defender"}"#),
    ("POST /_twin/alerts", "{}"),
    ("PUT /subscriptions/{id}/resourcegroups/rg-new?api-version=2021-04-01", r#"{"location":"westeurope"}"#),
    ("PUT /_twin/rights", r#"{"principalId":"p","roles":[{"role":"Reader"}]}"#),
];

async fn call(cloud: &Cloud, (request, body): (&str, &str)) {
    let request = request.replace("{id}", &cloud.twin.estate().subscription_id);
    let reply = match request.split_once(" /_twin") {
        Some((method, path)) => send(&cloud.twin, method, &format!("https://twin/_twin{path}"), None, body).await,
        None => cloud.arm(&request, body).await,
    };
    assert!(reply.status.is_success(), "{request}: {}", reply.text);
}

fn restored(dir: &Path) -> Twin {
    Kept::open(dir).unwrap().restore(Pace::Stepped).unwrap()
}

/// The folder as a killed process leaves it.
fn left(dir: &Path, bytes: Option<usize>) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let file = fs::read(dir.join("world.jsonl")).unwrap();
    fs::write(copy.path().join("world.jsonl"), &file[..bytes.unwrap_or(file.len())]).unwrap();
    copy
}

#[tokio::test]
async fn whatever_was_answered_is_kept() {
    let cloud = Cloud::new().await;
    let dir = tempfile::tempdir().unwrap();
    let kept = Kept::open(dir.path()).unwrap();
    assert!(!kept.holds_world());
    kept.keep(&cloud.twin).unwrap();
    let mut worlds = vec![exported(&cloud.twin)];
    for one in CALLS {
        call(&cloud, *one).await;
        let now = exported(&cloud.twin);
        assert_eq!(exported(&restored(left(dir.path(), None).path())), now, "{}", one.0);
        worlds.push(now);
    }
    // Killed at any byte, the world is one that was answered.
    let length = fs::metadata(dir.path().join("world.jsonl")).unwrap().len() as usize;
    for bytes in (worlds[0].len()..length).step_by(997) {
        let found = exported(&restored(left(dir.path(), Some(bytes)).path()));
        assert!(worlds.contains(&found), "cut at {bytes}");
    }
    // What was loaded since is kept with the next change.
    let rows = tempfile::tempdir().unwrap();
    fs::write(rows.path().join("si.jsonl"), r#"{"IncidentNumber":77,"Title":"loaded"}"#).unwrap();
    cloud.twin.load(rows.path()).unwrap();
    call(&cloud, CALLS[0]).await;
    assert_eq!(exported(&restored(left(dir.path(), None).path())), exported(&cloud.twin));
    // A world that was restored is kept again, and goes on.
    let again = left(dir.path(), None);
    let kept = Kept::open(again.path()).unwrap();
    assert!(kept.holds_world());
    let twin = kept.restore(Pace::Stepped).unwrap();
    kept.keep(&twin).unwrap();
    let reply = send(&twin, "POST", "https://twin/_twin/alerts", None, "{}").await;
    assert!(reply.status.is_success(), "{}", reply.text);
    assert_eq!(exported(&restored(left(again.path(), None).path())), exported(&twin));
    assert!(Kept::open(again.path()).unwrap_err().to_string().starts_with("another twin keeps its world in"));
    let shown = send(&twin, "GET", "https://twin/_twin/world", None, "").await;
    assert_eq!(shown.text, exported(&twin));
}

#[tokio::test]
async fn loaded_rows_are_exported_and_imported_whole() {
    let cloud = Cloud::new().await;
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("si.jsonl"),
        r#"{"TimeGenerated":"2024-05-30T10:00:00Z","IncidentNumber":3,"AlertIds":["a-1"],"Labels":[{"labelName":"x"}]}"#,
    )
    .unwrap();
    fs::write(
        dir.path().join("sa.jsonl"),
        r#"{"TimeGenerated":"2024-05-30T10:00:00.1234567Z","SystemAlertId":"a-1","ConfidenceScore":0.1,"IsIncident":true,"Entities":"[{\"a\":1}]"}"#,
    )
    .unwrap();
    cloud.twin.load(dir.path()).unwrap();
    let lines = exported(&cloud.twin);
    assert_eq!(exported(&imported(&lines)), lines);
    assert!(lines.contains("0.1") && lines.contains("1234567Z"), "{lines}");
}

#[test]
fn what_is_no_world_is_named() {
    let world = exported(&Twin::new(lockstep_twin::Options::default()));
    let without_end = world.trim_end().rsplit_once('\n').unwrap().0.to_owned();
    let first = world.split_once('\n').unwrap().0;
    check("", "there is no world");
    check("{\"settings\":{}}\n", "there is no world");
    check(&without_end, "the world is cut short");
    check(&world.replacen("\"format\":1", "\"format\":2", 1), "there is no world");
    check(&format!("{first}\nnothing\n"), "line 2: expected value");
    check(&format!("{first}\n{{\"planet\":1}}\n"), "line 2: unknown variant `planet`");
    check(&format!("{first}\n{first}\n"), "line 2: a world has one record `world`");
    check(&format!("{first}\n{{\"batches\":{{\"place\":7,\"batches\":{{}}}}}}\n"), "line 2: there is no workspace 7");
    let row = r#"{"row":{"place":0,"table":"SecurityAlert","ingested":null,"columns":{"StartTime":"soon"}}}"#;
    check(&format!("{first}\n{row}\n"), "line 2: column StartTime");
}

fn check(lines: &str, expected: &str) {
    let error = Twin::import(lines.as_bytes(), Pace::Stepped).unwrap_err().to_string();
    assert!(error.starts_with(expected), "{error}");
}
