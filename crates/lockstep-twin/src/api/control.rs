//! The twin's own calls, under `/_twin/`: what was asked, what time it is, and people's acts.
//!
//! They need no token: whoever reaches the twin's port owns the twin.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::call::{Call, invalid_content};
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::rules::{Evidence, RULES};
use crate::world::{KINDS, NewAlert};

/// What was asked so far, and what is left to do.
pub(super) fn stats(call: &Call) -> Answer {
    let stats = call.twin.stats();
    let busy = u64::try_from(stats.busy.as_millis()).unwrap_or(u64::MAX);
    let counts: Value = stats
        .operations
        .into_iter()
        .map(|(name, statuses)| {
            let statuses: Value =
                statuses.into_iter().map(|(status, count)| (status.to_string(), Value::from(count))).collect();
            (name, statuses)
        })
        .collect();
    Ok(Reply::ok(json!({"stats": counts, "busy_ms": busy, "to_do": stats.to_do})))
}

/// Sets the counts to nothing.
pub(super) fn reset_stats(call: &Call) -> Answer {
    call.twin.counters().reset();
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The time in the world.
pub(super) fn clock(call: &Call) -> Answer {
    Ok(Reply::ok(json!({"now": wire_time(call.twin.clock().now())})))
}

/// Moves the world's clock forward: `{"seconds": 90}`.
pub(super) fn step(call: &Call) -> Answer {
    let body = call.object()?;
    let seconds =
        body.get("seconds").and_then(Value::as_f64).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let by = seconds.ok_or_else(|| invalid_content("'seconds' must be a number, 0 or more"))?;
    call.twin.clock().step(by);
    clock(call)
}

/// Raises an alert: `{"kind": "VirtualMachines", "count": 1}`, both optional.
pub(super) fn raise(call: &Call) -> Answer {
    let body = if call.body.is_empty() { serde_json::Map::new() } else { call.object()? };
    let count = match body.get("count") {
        None => 1,
        Some(count) => count
            .as_u64()
            .filter(|count| *count <= MOST)
            .ok_or_else(|| Refusal::bad_request(format!("'count' must be a whole number from 0 to {MOST}")))?,
    };
    let alert = match body.get("kind") {
        None => NewAlert::default(),
        Some(name) => {
            let kind =
                KINDS.iter().find(|kind| name.as_str().is_some_and(|name| kind.bundle.eq_ignore_ascii_case(name)));
            let known = || KINDS.iter().map(|kind| kind.bundle).collect::<Vec<_>>().join(", ");
            kind.ok_or_else(|| Refusal::bad_request(format!("{name} is no kind of alert; there are {}", known())))?
                .alert()
        }
    };
    let mut world = call.twin.world();
    let raised = (0..count).map(|_| {
        let raised = world.raise_alert(alert.clone());
        json!({
            "id": raised.alert_id,
            "name": raised.alert_name,
            "systemAlertId": raised.system_alert_id,
            "incident": raised.incident_name,
        })
    });
    Ok(Reply::with(StatusCode::CREATED, json!({"value": raised.collect::<Vec<_>>()})))
}

/// What the cloud keeps in step by itself, and how we know.
pub(super) fn rules(_: &Call) -> Answer {
    let rules = RULES.iter().map(|rule| {
        let (evidence, source) = match rule.evidence {
            Evidence::Documented(source) => ("documented", source),
            Evidence::Observed(source) => ("observed", source),
            Evidence::Assumed(source) => ("assumed", source),
        };
        json!({"name": rule.name, "when": format!("{:?}", rule.when), "says": rule.says, "evidence": evidence, "source": source})
    });
    Ok(Reply::ok(json!({"value": rules.collect::<Vec<_>>()})))
}

const MOST: u64 = 100_000;
