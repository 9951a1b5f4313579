//! The twin's own calls, under `/_twin/`: what was asked, what time it is, and people's acts.
//!
//! They need no token: whoever reaches the twin's port owns the twin.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::{Call, invalid_content};
use super::reply::{Answer, Content, Refusal, Reply};
use super::{Door, OPERATIONS};
use crate::clock::wire_time;
use crate::faults::Fault;
use crate::rules::{Evidence, RULES};
use crate::setup::{FaultPlan, PrincipalRights, Rate};
use crate::world::{KINDS, NewAlert, Severity};

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

/// Raises alerts: `{"kind": "VirtualMachines", "count": 1}` and whatever else of [`Raise`], all optional.
pub(super) fn raise(call: &Call) -> Answer {
    let wanted: Raise = if call.body.is_empty() { Raise::default() } else { read(call)? };
    let count = wanted.count.unwrap_or(1);
    if count > MOST {
        return Err(Refusal::bad_request(format!("'count' must be a whole number from 0 to {MOST}")));
    }
    let alert = wanted.alert(call)?;
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

/// What an alert is like that is raised on demand.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raise {
    count: Option<u64>,
    kind: Option<String>,
    title: Option<String>,
    severity: Option<String>,
    subscription: Option<String>,
    resource: Option<String>,
    resource_group: Option<String>,
    location: Option<String>,
    product: Option<String>,
    incident: Option<String>,
}

impl Raise {
    fn alert(self, call: &Call) -> Result<NewAlert, Refusal> {
        let usual = match &self.kind {
            None => NewAlert::default(),
            Some(name) => {
                let kind = KINDS.iter().find(|kind| kind.bundle.eq_ignore_ascii_case(name));
                let known = || KINDS.iter().map(|kind| kind.bundle).collect::<Vec<_>>().join(", ");
                kind.ok_or_else(|| {
                    Refusal::bad_request(format!("'{name}' is no kind of alert; there are {}", known()))
                })?
                .alert()
            }
        };
        if let Some(id) = self.subscription.as_ref().filter(|id| call.twin.estate().tenant_of(id).is_none()) {
            return Err(Refusal::bad_request(format!("there is no subscription '{id}'")));
        }
        let severity = match &self.severity {
            None => usual.severity,
            Some(word) => Severity::parse(word).ok_or_else(|| {
                Refusal::bad_request(format!("'{word}' is no severity; there are High, Medium, Low, Informational"))
            })?,
        };
        Ok(NewAlert {
            display_name: self.title.unwrap_or(usual.display_name),
            severity,
            subscription_id: self.subscription,
            resource: self.resource.unwrap_or(usual.resource),
            resource_group: self.resource_group,
            location: self.location,
            product_name: self.product,
            incident: self.incident,
            ..usual
        })
    }
}

/// The world as JSON lines.
pub(super) fn export(call: &Call) -> Answer {
    let mut lines = Vec::new();
    call.twin.export(&mut lines).expect("memory takes all that is written");
    let lines = String::from_utf8(lines).expect("JSON is UTF-8");
    Ok(Reply { content: Content::Other("application/x-ndjson", lines), ..Reply::empty(StatusCode::OK) })
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

/// What the services here answer to: each operation with its method, path, api-versions and the right that it needs.
pub(super) fn operations(_: &Call) -> Answer {
    let shown = OPERATIONS.iter().filter(|operation| !operation.is_control()).map(|operation| {
        let right = match operation.door {
            Door::Arm(action) | Door::Logs(action) => action,
            Door::Open | Door::Host | Door::Graph => "",
        };
        json!({
            "name": operation.name,
            "method": operation.method.as_str(),
            "path": operation.path.0,
            "versions": operation.versions,
            "right": right,
        })
    });
    Ok(Reply::ok(json!({"value": shown.collect::<Vec<_>>()})))
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
    fault.check().map_err(Refusal::bad_request)?;
    call.twin.faults().add(fault);
    faults(call)
}

/// Sets these faults alone, and what chance is drawn from: `{"seed": 1, "faults": [...]}`.
pub(super) fn set_faults(call: &Call) -> Answer {
    let plan: FaultPlan = read(call)?;
    plan.faults.iter().try_for_each(Fault::check).map_err(Refusal::bad_request)?;
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
    let limits = rate.limits().map_err(Refusal::bad_request)?;
    call.twin.throttles().set(limits);
    throttles(call)
}

/// The switches of the world.
pub(super) fn settings(call: &Call) -> Answer {
    Ok(Reply::ok(json!(call.twin.world().settings())))
}

/// Sets the switches that are named.
pub(super) fn set_settings(call: &Call) -> Answer {
    let before = call.twin.world().settings().clone();
    let mut named = call.object()?.into_iter();
    let after = named.try_fold(before, |all, (name, value)| all.with(&name, value));
    call.twin.world().set_settings(after.map_err(Refusal::bad_request)?);
    settings(call)
}

/// Takes every role from a principal and puts it into others: `{"principalId", "roles": [{"role", "scope"}]}`.
pub(super) fn set_rights(call: &Call) -> Answer {
    let rights: PrincipalRights = read(call)?;
    call.twin.give(&rights).map_err(Refusal::bad_request)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Microsoft Defender XDR merges an incident into another: `{"from": "...", "into": "..."}`, by their names.
pub(super) fn merge(call: &Call) -> Answer {
    let merge: Merge = read(call)?;
    let merged = call.twin.world().merge_incidents(&merge.from, &merge.into);
    merged.map_err(|refused| Refusal::bad_request(refused.to_string()))?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    from: String,
    into: String,
}

fn read<T: DeserializeOwned>(call: &Call) -> Result<T, Refusal> {
    serde_json::from_slice(&call.body).map_err(|error| invalid_content(error.to_string()))
}

const MOST: u64 = 100_000;
