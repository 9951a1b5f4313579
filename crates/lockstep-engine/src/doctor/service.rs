//! Whether we are let in and reach everything, whether the clocks agree, and where the ledger lies.

use lockstep_azure::{Error, Fault, Side};
use lockstep_core::Time;

use super::check::{Asked, Check, Mend};
use super::facts::{Facts, LedgerFound};

pub fn checks(facts: &Facts) -> Vec<Check> {
    vec![
        token("Resource Manager", facts.resource.as_ref().err()),
        token("Log Analytics", facts.incidents.as_ref().err()),
        endpoint("Resource Manager", facts.resource.as_ref().err()),
        endpoint("Log Analytics", facts.incidents.as_ref().err()),
        clock(facts),
        workspace(facts),
        ledger(facts),
    ]
}

fn token(service: &str, error: Option<&Error>) -> Check {
    let check =
        Asked::new("token", "a token for the service, and a request with it", "without one nothing can be read")
            .about(service);
    let gives_tokens = |side| matches!(side, Side::Entra | Side::ManagedIdentity | Side::AzureCli);
    match error {
        None => check.ok("a token was given out and taken"),
        Some(error) if matches!(error.fault, Fault::Unauthenticated { .. } | Fault::Credential { .. }) => {
            check.failed(error.to_string(), super::check::mend(error))
        }
        Some(error) if gives_tokens(error.side) => check.unread(error),
        // The service was asked with a token, and said something about it.
        Some(error) if said_something(&error.fault) => check.ok("a token was given out and taken"),
        Some(error) => check.unread(error),
    }
}

fn endpoint(service: &str, error: Option<&Error>) -> Check {
    let check = Asked::new("endpoint", "the service's host, over TLS", "every request goes there").about(service);
    match error {
        None => check.ok("it answers"),
        Some(error) => match &error.fault {
            Fault::Unreachable { .. } | Fault::Untrusted { .. } | Fault::Elsewhere { .. } => {
                check.failed(error.to_string(), super::check::mend(error))
            }
            fault if said_something(fault) && error.side == error.operation.side() => check.ok("it answers"),
            _ => check.unread(error),
        },
    }
}

/// Whether a fault is the service's own answer to a request that it understood.
fn said_something(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Forbidden { .. }
            | Fault::NotFound { .. }
            | Fault::Conflict { .. }
            | Fault::Refused { .. }
            | Fault::Partial { .. }
            | Fault::Throttled { .. }
    )
}

fn clock(facts: &Facts) -> Check {
    let check = Asked::new(
        "clock",
        "the date of Resource Manager's answer",
        "tokens and signed assertions are good for minutes, and ages are measured with this clock",
    );
    let answered = match &facts.resource {
        Err(error) => return check.unread(error),
        Ok(resource) => resource.answered,
    };
    let Some(answered) = answered else { return check.unknown("the answer had no date", None) };
    // A date is cut to the second, and the answer took its time.
    let skew = facts.now.seconds_since(answered).max(answered.seconds_since(facts.now));
    let (found, mend) = (format!("{skew} s apart"), Mend::Run("timedatectl set-ntp true".to_owned()));
    match skew {
        0..=5 => check.ok(format!("{skew} s apart at most")),
        6..=299 => check.warning(found, mend),
        _ => check.failed(found, mend),
    }
}

fn workspace(facts: &Facts) -> Check {
    let check = Asked::new(
        "workspace",
        "the workspace's own resource",
        "a GUID of another workspace would have us decide from another workspace's tables",
    );
    match &facts.resource {
        Err(error) if matches!(error.fault, Fault::NotFound { .. }) => {
            check.failed(error.to_string(), super::check::mend(error))
        }
        Err(error) => check.unread(error),
        Ok(resource) if resource.id == facts.workspace_id => {
            check.ok("it is there, and its GUID is that of the settings")
        }
        Ok(resource) => check.failed(
            format!("its GUID is {}, the settings say {}", resource.id, facts.workspace_id),
            Mend::Do(format!("set id = \"{}\" in [workspace]", resource.id)),
        ),
    }
}

fn ledger(facts: &Facts) -> Check {
    let check = Asked::new("ledger", "the file", "what is written is entered there first, and only there is it known")
        .about(&facts.ledger.place);
    match &facts.ledger.found {
        LedgerFound::Nothing => check.ok("nothing is there yet; the first run that writes makes it"),
        LedgerFound::Ledger { entries, runs } => check.ok(format!("{entries} entries of {runs} runs")),
        LedgerFound::Unusable(why) => check.failed(
            why.clone(),
            Mend::Do("name a path on a local disk: --ledger PATH, or path in [ledger]".to_owned()),
        ),
    }
}

/// Days from `now` until `then`; negative once it is past.
pub fn days_until(now: Time, then: Time) -> i64 {
    then.ticks().saturating_sub(now.ticks()).div_euclid(Time::TICKS_PER_SECOND * 86_400)
}
