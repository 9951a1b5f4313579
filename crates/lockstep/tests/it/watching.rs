//! A watch of the binary: how it ends, how it takes a new policy, and what it shows of itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lockstep_twin::world::{AlertStatus, IncidentState, NewAlert};
use serde_json::Value;
use tokio::time::Instant;

use crate::cloud::{Cloud, is_query, refusal};
use crate::run::Place;

/// A watch that runs until the test ends, and the lines of JSON that it prints.
struct Watch {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Watch {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let all = [&["watch", "--interval", "1s", "--format", "json"], arguments].concat();
        let mut command = place.command(&all);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let lines = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, lines }
    }

    /// The next line.
    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}, {}", self.complaints()))
    }

    /// The next line about a policy, after however many passes.
    fn about_policy(&mut self) -> Value {
        loop {
            let line = self.line();
            if line["event"] == "policy" {
                return line;
            }
        }
    }

    #[cfg(unix)]
    fn ask_to_end(&self) {
        let id = self.process.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill is there").success());
    }

    /// What it said on standard error, once it has ended.
    fn complaints(&mut self) -> String {
        let _ = self.process.kill();
        let mut said = String::new();
        self.process.stderr.take().expect("it is piped").read_to_string(&mut said).expect("it is text");
        said
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Raises an alert, has its owner dismiss it, and answers the name of its incident.
fn dismissed(cloud: &Cloud) -> String {
    cloud.twin.with(|world| {
        let alert = world.raise_alert(NewAlert::default());
        world.set_alert_status(&alert.alert_name, AlertStatus::Dismissed).expect("the alert is there");
        alert.incident_name.expect("the creation rule is on")
    })
}

fn state(cloud: &Cloud, incident: &str) -> IncidentState {
    cloud.twin.with(|world| world.incident_state(incident)).expect("it is there")
}

/// A policy that leaves incidents of dismissed alerts alone, or closes them.
fn policy(name: &str, dismissed: &str) -> String {
    format!("name = \"{name}\"\npreset = \"seed\"\n[inward]\ndismissed = {dismissed}\n")
}

const CLOSES: &str = "{ status = \"Closed\", classification = \"Undetermined\" }";

#[test]
#[cfg(unix)]
fn several_workspaces_are_watched_at_the_same_time() {
    let (cloud, place) = crate::several::two();
    let mut watch = Watch::start(&place, &["--heartbeat", "beat.json", "--metrics", "lockstep.prom"]);
    let mut passes = std::collections::BTreeMap::<String, u64>::new();
    while passes.len() < 2 || passes.values().any(|passes| *passes < 2) {
        let line = watch.line();
        *passes.entry(line["name"].as_str().expect("a name").to_owned()).or_default() += 1;
    }
    assert_eq!(passes.keys().collect::<Vec<_>>(), ["law-sentinel", "soc"]);
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 2);
    let read = |name: &str| std::fs::read_to_string(place.path().join(name)).expect("it was written");
    assert_eq!(read("beat.json").lines().count(), 2);
    assert_eq!(read("lockstep.prom").matches("lockstep_info{").count(), 2);
    watch.ask_to_end();
    // The workspace that is not there never ran; the others ended well.
    assert_eq!(watch.process.wait().expect("it ends").code(), Some(9));
    assert!(watch.complaints().contains("the workspace north is not watched"));
}

#[test]
#[cfg(unix)]
fn a_watch_ends_within_a_second_even_while_a_service_lets_it_wait() {
    static ASKED: AtomicBool = AtomicBool::new(false);
    let cloud = Cloud::with(|_, path| {
        is_query(path).then(|| {
            ASKED.store(true, Ordering::SeqCst);
            refusal("429 Too Many", "Retry-After: 600\r\n", "x")
        })
    });
    let place = cloud.place("seed");
    let mut watch = Watch::start(&place, &[]);
    while !ASKED.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    let asked = Instant::now();
    watch.ask_to_end();
    assert!(watch.process.wait().expect("it ends").success(), "{}", watch.complaints());
    assert!(asked.elapsed() < Duration::from_millis(1_500), "{:?}", asked.elapsed());
}

#[test]
fn a_policy_is_taken_when_it_changes_and_waits_where_it_would_newly_lower() {
    let cloud = Cloud::new();
    let place = cloud.place("my.toml").with("my.toml", &policy("careful", "\"unchanged\""));
    let incident = dismissed(&cloud);
    let mut watch = Watch::start(&place, &[]);
    assert_eq!(watch.line()["policy"], "careful");

    let place = place.with("my.toml", &policy("eager", CLOSES));
    let line = watch.about_policy();
    assert_eq!((&line["policy"], &line["state"]), (&"eager".into(), &"waits".into()));
    assert_eq!(line["would_lower"][0]["incident"], incident.as_str());
    assert_eq!(watch.line()["policy"], "careful");
    assert_eq!(state(&cloud, &incident), IncidentState::New);

    let approved = place.run(&["policy", "approve", "--by", "Ana", "--format", "json"]);
    let approved: Value = serde_json::from_slice(&approved.stdout).expect("standard output is JSON");
    assert_eq!((&approved["by"], approved["approved"].as_array().map(Vec::len)), (&"Ana".into(), Some(1)));
    assert_eq!(approved["entered"], false, "the watch holds the ledger");

    let line = watch.about_policy();
    assert_eq!((&line["policy"], &line["state"]), (&"eager".into(), &"holds".into()));
    assert_eq!(watch.line()["policy"], "eager");
    assert!(matches!(state(&cloud, &incident), IncidentState::Closed(_)));
    assert_eq!(watch.complaints(), "");
}

#[test]
fn a_policy_that_cannot_be_used_is_refused_and_the_old_one_stays() {
    let cloud = Cloud::new();
    let place = cloud.place("my.toml").with("my.toml", &policy("careful", "\"unchanged\""));
    let mut watch = Watch::start(&place, &[]);
    watch.line();
    let place = place.with("my.toml", &policy("odd", "\"Vanished\""));
    for _ in 0..3 {
        assert_eq!(watch.line()["policy"], "careful");
    }
    let _place = place.with("my.toml", &policy("other", "\"Active\""));
    let line = watch.about_policy();
    assert_eq!((&line["policy"], &line["state"]), (&"other".into(), &"holds".into()));
    let complaints = watch.complaints();
    let words = "\"Vanished\" is nothing that an incident can become";
    assert_eq!(complaints.matches(words).count(), 1, "{complaints}");
    assert!(complaints.contains("the policy that holds stays until this one can be used"), "{complaints}");
}

#[test]
fn nothing_to_lower_needs_no_approval() {
    let cloud = Cloud::new();
    let output = cloud.place("seed").run(&["policy", "approve", "--by", "Ana"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("there is nothing to approve"), "{said}");
}

#[test]
fn metrics_and_heartbeat_are_written_after_each_pass() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    dismissed(&cloud);
    let mut watch = Watch::start(&place, &["--metrics", "lockstep.prom", "--heartbeat", "alive.json"]);
    watch.line();
    watch.line();
    let read = |name: &str| std::fs::read_to_string(place.path().join(name)).expect("it is written");
    let heartbeat: Value = serde_json::from_str(&read("alive.json")).expect("the heartbeat is JSON");
    assert_eq!((&heartbeat["policy"], &heartbeat["failed"]), (&"seed".into(), &0.into()));
    assert!(
        heartbeat["last_success"].is_string() && heartbeat["last_success"] == heartbeat["last_pass"],
        "{heartbeat}"
    );
    let metrics = read("lockstep.prom");
    for line in [
        "lockstep_writes_total{workspace=\"law-sentinel\",instance_name=\"lockstep\",outcome=\"written\"} 1",
        "lockstep_drift{workspace=\"law-sentinel\",instance_name=\"lockstep\"} 0",
        "lockstep_failed_passes{workspace=\"law-sentinel\",instance_name=\"lockstep\"} 0",
        "# TYPE lockstep_passes_total counter",
        "lockstep_lag_seconds{workspace=\"law-sentinel\",instance_name=\"lockstep\",table=\"SecurityAlert\"} ",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}

#[test]
fn metrics_are_served_on_this_machine() {
    let cloud = Cloud::new();
    let place = cloud.place("observe");
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        free.local_addr().expect("an address").port().to_string()
    };
    let mut watch = Watch::start(&place, &["--metrics", &port]);
    watch.line();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it is served");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("it answers");
    assert!(reply.starts_with("HTTP/1.1 200 OK") && reply.contains("text/plain; version=0.0.4"), "{reply}");
    assert!(reply.contains("lockstep_passes_total{workspace=\"law-sentinel\""), "{reply}");
    let busy = place.run(&["watch", "--metrics", &port]);
    assert_eq!(busy.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&busy.stderr).contains("metrics cannot be served at 127.0.0.1"));
}

#[test]
fn somebody_is_told_once_when_passes_keep_failing() {
    let cloud = Cloud::with(|_, path| is_query(path).then(|| refusal("400 Bad Request", "", "x\u{1b}[31m")));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hook = format!("http://{}/hook/s3cr3t", listener.local_addr().expect("an address"));
    let place = cloud.place("seed");
    let settings = std::fs::read_to_string(place.path().join("lockstep.toml")).expect("it is there");
    let watching = format!("{settings}\n[watch]\non_problem_file = \"hook\"\nproblem_after = 2\n");
    let place = place.with("lockstep.toml", &watching).with("hook", &hook).env("LOCKSTEP_LOG", "debug");
    let mut watch = Watch::start(&place, &[]);
    let (mut stream, _) = listener.accept().expect("somebody calls");
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    let body = loop {
        let read = stream.read(&mut chunk).expect("it sends");
        request.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8(request.clone()).expect("it is text");
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str::<Value>(body)
        {
            assert!(text.starts_with("POST /hook/s3cr3t HTTP/1.1\r\n"), "{text}");
            assert!(!body.to_string().contains('\u{1b}') && !text.contains('\u{1b}'), "{text:?}");
            break body;
        }
    };
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").expect("it reads");
    assert_eq!((&body["problem"], &body["failed"]), (&"passes-failed".into(), &2.into()));
    assert!(body["workspace"].as_str().is_some_and(|id| id.contains("law-sentinel")), "{body}");
    assert!(body["message"].as_str().is_some_and(|message| message.contains("nothing was written")), "{body}");
    let complaints = watch.complaints();
    assert!(!complaints.contains("s3cr3t"), "{complaints}");
}

#[test]
fn a_place_for_problems_is_checked_and_not_shown() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    let settings = std::fs::read_to_string(place.path().join("lockstep.toml")).expect("it is there");
    let check = |lines: &str, expected: &str| {
        let place = cloud.place("seed").with("lockstep.toml", &format!("{settings}\n[watch]\n{lines}\n"));
        let said = place.shown(&["plan"]);
        assert!(said.starts_with("exit code 2") && said.contains(expected), "{said}");
        assert!(!said.contains("s3cr3t"), "{said}");
    };
    check("on_problem = \"http://hooks.example/s3cr3t\"", "on_problem cannot be used");
    check("on_problem = \"s3cr3t\"", "a URL such as https://HOST/PATH is wanted");
    check("on_problem_file = \"nowhere\"", "the file with the URL nowhere cannot be read");
    check("on_problem = \"https://h/s3cr3t\"\non_problem_file = \"x\"", "two places are named for problems");
    check("problem_after = 0", "no pass fails before the first");
}
