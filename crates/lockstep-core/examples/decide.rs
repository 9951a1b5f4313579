//! Decides over a million incidents that are held in memory, and prints how long that took and what it held.
//!
//! A line each: `incidents N`, `due N`, `seconds S`, and, where the system tells, `input_mb N` (all incidents, before) and
//! `peak_mb N` (those and their verdicts).

#![expect(clippy::print_stdout, reason = "an example that prints")]
#![expect(clippy::disallowed_methods, reason = "it times")]

use std::time::Instant;

use lockstep_core::{
    Alert, AlertId, AlertPlace, AlertState, Classification, Closing, Confirmed, Incident, IncidentId, IncidentState,
    Memory, Preset, Severity, Time, Verdict, Version, decide,
};

fn main() {
    let incidents: Vec<Confirmed> = (0..INCIDENTS).map(confirmed).collect();
    println!("incidents {}", incidents.len());
    if let Some(mb) = held_mb() {
        println!("input_mb {mb}");
    }
    let policy = Preset::Seed.policy();
    let began = Instant::now();
    let verdicts: Vec<Verdict> =
        incidents.iter().map(|incident| decide(incident, &policy, &Memory::default())).collect();
    println!("seconds {:.3}", began.elapsed().as_secs_f64());
    println!("due {}", verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Change(_))).count());
    if let Some(mb) = held_mb() {
        println!("peak_mb {mb}");
    }
}

/// Of a hundred incidents 60 are closed, 30 untouched, 9 in progress on both sides, and one is due; every tenth has two alerts.
fn confirmed(number: u64) -> Confirmed {
    let closing = Closing { classification: Classification::BenignPositive, comment: "a test of ours".into() };
    let (state, alert_state) = match number % 100 {
        0 => (IncidentState::New, AlertState::Dismissed),
        1..=9 => (IncidentState::Active, AlertState::InProgress),
        10..=39 => (IncidentState::New, AlertState::New),
        _ => (IncidentState::Closed(Some(closing)), AlertState::Dismissed),
    };
    let alerts = (0..if number.is_multiple_of(10) { 2 } else { 1 }).map(|at| alert(number * 2 + at, &alert_state));
    let alerts: Vec<Alert> = alerts.collect();
    Confirmed {
        alerts_count: alerts.len() as u64,
        bookmarks_count: 0,
        open_tasks: Some(0),
        products: vec!["Azure Security Center".into()],
        version: Version(format!("\"{number:08x}-0000-0d00-0000-665a5d000000\"")),
        at: Time::from_ticks(0),
        approved: false,
        incident: Incident {
            id: IncidentId::parse(&guid(number)).expect("a GUID"),
            number,
            title: "Suspicious process executed".into(),
            severity: Severity::Medium,
            state,
            labels: Vec::new(),
            created: Time::from_ticks(0),
            modified: Some(Time::from_ticks(0)),
            owner: None,
            comments: Some(0),
            acted: None,
            set_by: None,
            closed: None,
            alerts,
        },
    }
}

fn alert(number: u64, state: &AlertState) -> Alert {
    let guid = guid(number);
    Alert {
        place: AlertPlace::new(&guid, Some("rg-shop"), "westeurope", &format!("2518301663999999999_{guid}")),
        id: AlertId::parse(&guid).expect("a GUID"),
        state: state.clone(),
        product: "Azure Security Center".into(),
        title: "Suspicious process executed".into(),
        kind: "VM_SuspectProcess".into(),
        raised: Some(Time::from_ticks(0)),
        moved: None,
        elsewhere: Vec::new(),
        synced: None,
    }
}

fn guid(number: u64) -> String {
    format!("7c1a5e08-0000-4000-8000-{number:012x}")
}

/// The most that this process has held so far, where the system tells.
fn held_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024 / 1_000_000)
}

const INCIDENTS: u64 = 1_000_000;
