//! What it proves that nothing was found: whether the tables have told of what happened lately.

use lockstep_azure::{Sightings, Untouched};
use lockstep_core::{Sight, Time};
use lockstep_ledger::{Intent, Unconfirmed};

/// Whether the tables have told of what happened lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Both brought rows a short while before they were asked, or the lists of both services were read beside them.
    Fresh,
    /// One of them brought nothing for a while: nothing happened, or its rows are late. The tables do not say which.
    Quiet,
    /// Rows are missing that must be there.
    Behind(Behind),
}

/// Which rows are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// `SecurityAlert` shows none of the alerts that open incidents name.
    NoAlerts,
    /// Nothing came into `SecurityIncident` since an incident was written, for longer than the policy waits.
    Incidents,
    /// Nothing came into `SecurityAlert` since an alert was moved, for longer than the policy waits.
    Alerts,
}

impl Freshness {
    /// What `sightings` prove; `late` are the writes that should have been seen by now, each with the moment of the look before it.
    pub(crate) fn of(sightings: &Sightings, sight: Sight, late: &[(Unconfirmed, Option<Time>)]) -> Self {
        let Sightings { asked, incidents_ingested, alerts_ingested, .. } = *sightings;
        let is_missed = |ingested: Option<Time>, is_of: fn(&Intent) -> bool| {
            let came_before = |at: &Option<Time>| at.is_some() && ingested < *at;
            late.iter().any(|(write, at)| is_of(&write.intended) && came_before(at))
        };
        if shows_no_alert(sightings) {
            return Self::Behind(Behind::NoAlerts);
        }
        if is_missed(incidents_ingested, |intent| matches!(intent, Intent::Incident(_))) {
            return Self::Behind(Behind::Incidents);
        }
        if is_missed(alerts_ingested, |intent| matches!(intent, Intent::Alert(_))) {
            return Self::Behind(Behind::Alerts);
        }
        let is_fresh = |at: Option<Time>| at.is_some_and(|at| asked.seconds_since(at) <= QUIET_AFTER);
        if sight == Sight::Direct || (is_fresh(incidents_ingested) && is_fresh(alerts_ingested)) {
            Self::Fresh
        } else {
            Self::Quiet
        }
    }

    /// A word for it, for machines: stable, in kebab case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Quiet => "tables-quiet",
            Self::Behind(_) => "tables-behind",
        }
    }

    /// Whether rows are known to be missing.
    pub fn is_behind(self) -> bool {
        matches!(self, Self::Behind(_))
    }
}

impl std::fmt::Display for Behind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoAlerts => "SecurityAlert shows none of the alerts that open incidents name",
            Self::Incidents => "nothing has come into SecurityIncident since lockstep wrote an incident",
            Self::Alerts => "nothing has come into SecurityAlert since lockstep moved an alert",
        })
    }
}

/// Whether there are open incidents and not one of their alerts has a row.
fn shows_no_alert(sightings: &Sightings) -> bool {
    let judged = |why: &Untouched| {
        matches!(
            why,
            Untouched::AlertsNew
                | Untouched::AlertStillNew
                | Untouched::AlertsDisagree
                | Untouched::NotMapped
                | Untouched::InStep
        )
    };
    sightings.alerts_ingested.is_none()
        && sightings.due.is_empty()
        && sightings.untouched.contains_key(&Untouched::AlertUnclear)
        && !sightings.untouched.keys().any(judged)
}

/// For how long a table may bring nothing and still prove that nothing happened, in seconds. Minutes are documented for the
/// way of a change into a table, and no bound is.
const QUIET_AFTER: u64 = 3_600;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_table_that_shows_no_alert_of_any_open_incident_is_behind() {
        let check = |alerts_ingested: Option<Time>, untouched: &[(Untouched, u64)], expected: &str| {
            let now = Time::from_ticks(0);
            let sightings = Sightings {
                due: Vec::new(),
                unclear: Vec::new(),
                unreadable: Vec::new(),
                told: BTreeMap::new(),
                marks: Vec::new(),
                tags: Vec::new(),
                untouched: untouched.iter().copied().collect(),
                asked: now,
                incidents_ingested: Some(now),
                alerts_ingested,
            };
            let found = Freshness::of(&sightings, Sight::Tables, &[]);
            assert_eq!(found.word(), expected, "{untouched:?}");
        };
        let (unclear, new) = ((Untouched::AlertUnclear, 3), (Untouched::AlertsNew, 1));
        check(None, &[unclear], "tables-behind");
        check(None, &[unclear, (Untouched::Closed, 5), (Untouched::OtherProduct, 1)], "tables-behind");
        // Some alerts have rows, older than what is looked back.
        check(None, &[unclear, new], "tables-quiet");
        check(Some(Time::from_ticks(0)), &[unclear], "fresh");
        check(None, &[(Untouched::Closed, 5)], "tables-quiet");
    }
}
