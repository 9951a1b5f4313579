//! The twin's own calls, under `/_twin/`: what was asked, what time it is, and people's acts.
//!
//! They need no token: whoever reaches the twin's port owns the twin.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::{Call, invalid_content};
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::faults::Fault;
use crate::rules::{Evidence, RULES};
use crate::throttle::Limit;
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

/// The faults that are set.
pub(super) fn faults(call: &Call) -> Answer {
    let shown: Vec<Value> = call
        .twin
        .faults()
        .list()
        .into_iter()
        .map(|(fault, struck)| json!({"fault": fault, "struck": struck}))
        .collect();
    Ok(Reply::ok(json!({"value": shown})))
}

/// Sets one more fault.
pub(super) fn add_fault(call: &Call) -> Answer {
    let fault: Fault = read(call)?;
    call.twin.faults().add(fault);
    faults(call)
}

/// Sets these faults alone, and what chance is drawn from: `{"seed": 1, "faults": [...]}`.
pub(super) fn set_faults(call: &Call) -> Answer {
    let plan: Plan = read(call)?;
    call.twin.faults().seed(plan.seed);
    call.twin.faults().set(plan.faults);
    faults(call)
}

/// Sets no fault any more.
pub(super) fn clear_faults(call: &Call) -> Answer {
    call.twin.faults().clear();
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The limits that are on.
pub(super) fn throttles(call: &Call) -> Answer {
    Ok(Reply::ok(json!({"limits": call.twin.throttles().list()})))
}

/// Sets the documented limits by a factor, `{"factor": 1}`, or limits of one's own, `{"limits": [...]}`; `{}` sets none.
pub(super) fn set_throttles(call: &Call) -> Answer {
    let rate: Rate = read(call)?;
    let documented = rate.factor.map(Limit::documented).unwrap_or_default();
    let limits: Vec<Limit> = rate.limits.into_iter().chain(documented).collect();
    if let Some(limit) = limits.iter().find(|limit| !(limit.count > 0.0 && limit.seconds > 0.0)) {
        return Err(Refusal::bad_request(format!(
            "the limit on '{}' needs a count and seconds above 0",
            limit.operation
        )));
    }
    call.twin.throttles().set(limits);
    throttles(call)
}

/// The switches of the world.
pub(super) fn settings(call: &Call) -> Answer {
    Ok(Reply::ok(json!(call.twin.world().settings())))
}

/// Sets the switches that are named.
pub(super) fn set_settings(call: &Call) -> Answer {
    let mut all = json!(call.twin.world().settings());
    for (name, value) in call.object()? {
        match all.get_mut(&name) {
            Some(known) => *known = value,
            None => {
                return Err(Refusal::bad_request(format!("there is no switch '{name}'; there are {}", names(&all))));
            }
        }
    }
    let settings = serde_json::from_value(all).map_err(|error| invalid_content(error.to_string()))?;
    call.twin.world().set_settings(settings);
    self::settings(call)
}

/// Takes every role from a principal and puts it into others: `{"principalId", "roles": [{"role", "scope"}]}`.
pub(super) fn set_rights(call: &Call) -> Answer {
    let rights: PrincipalRights = read(call)?;
    let mut world = call.twin.world();
    if let Some(unknown) = rights.roles.iter().find(|given| world.rights.role(&given.role).is_none()) {
        return Err(Refusal::bad_request(format!("there is no role '{}'", unknown.role)));
    }
    let (delay, subscription) = (world.settings().rights_delay, call.twin.estate().subscription());
    world.revoke_roles(&rights.principal_id);
    for given in &rights.roles {
        world.assign_role(&rights.principal_id, &given.role, given.scope.as_deref().unwrap_or(&subscription), delay);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    #[serde(default)]
    seed: u64,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    factor: Option<f64>,
    #[serde(default)]
    limits: Vec<Limit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalRights {
    #[serde(rename = "principalId")]
    principal_id: String,
    roles: Vec<GivenRole>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenRole {
    role: String,
    scope: Option<String>,
}

fn read<T: DeserializeOwned>(call: &Call) -> Result<T, Refusal> {
    serde_json::from_slice(&call.body).map_err(|error| invalid_content(error.to_string()))
}

fn names(object: &Value) -> String {
    object
        .as_object()
        .map(|object| object.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        .unwrap_or_default()
}

const MOST: u64 = 100_000;
