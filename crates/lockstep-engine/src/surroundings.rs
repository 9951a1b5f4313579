//! What a decision needs beside an incident and its alerts: the other incidents that hold an alert, whether the products' own
//! sync carries closings to it, and who moved it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use lockstep_azure::{AlertEvent, Sightings, SuppressionRule, Workspace};
use lockstep_core::{
    Alert, AlertId, AlertState, Conflict, Course, Elsewhere, Holds, Incident, IncidentState, Moved, Mover, Policy,
    ROWS_LATE, Suppression, Time, Who,
};
use lockstep_ledger::{History, RunId};
use serde_json::{Map, Value};
use tokio::time::Instant;
use uuid::Uuid;

/// What was found out about subscriptions, kept for a while. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    syncs: Arc<Mutex<BTreeMap<String, Synced>>>,
    rules: Arc<Mutex<BTreeMap<Uuid, Rules>>>,
}

/// The suppression rules of a subscription, and when they were asked for.
#[derive(Clone, Debug)]
struct Rules {
    asked: Instant,
    /// Why nobody can tell, where they could not be read.
    rules: Result<Arc<[SuppressionRule]>, String>,
}

/// Whether the products' own sync is on for a subscription, and when that was asked.
#[derive(Clone, Copy, Debug)]
struct Synced {
    asked: Instant,
    /// `None` where nobody can tell.
    enabled: Option<bool>,
}

impl Surroundings {
    /// Fills in what the alerts still need for `course`.
    pub(crate) async fn fill(
        &self,
        workspace: &Workspace,
        history: &History,
        course: Option<&Course>,
        movers: Movers,
        alerts: &mut [Alert],
    ) {
        let is_wanted = |alert: &&mut Alert| movers.want(&alert.state) && !is_determined(alert);
        join_all(alerts.iter_mut().filter(is_wanted).map(|alert| async {
            alert.moved = self.moved(workspace, history, alert).await.or(alert.moved.take());
        }))
        .await;
        join_all(alerts.iter_mut().map(|alert| async {
            for other in &mut alert.elsewhere {
                *other = elsewhere(workspace, history, &alert.id, &alert.state, other.clone()).await;
            }
        }))
        .await;
        let Some(Course::Outward(acts)) = course else { return };
        for (at, _) in acts.iter().filter(|(_, act)| act.lowers()) {
            if let Some(alert) = alerts.get_mut(*at)
                && let Some(place) = &alert.place
            {
                alert.synced = self.synced(workspace, place.subscription()).await;
            }
        }
    }

    /// How an alert came to stand where it stands, as the activity log tells it; `None` where it cannot be asked.
    async fn moved(&self, workspace: &Workspace, history: &History, alert: &Alert) -> Option<Moved> {
        let (place, moved) = (alert.place.as_ref()?, alert.moved.as_ref()?);
        let around = |seconds: i64| Time::from_ticks(moved.at.ticks() + seconds * Time::TICKS_PER_SECOND);
        let unknown = |why: String| Some(Moved { at: moved.at, by: Mover::NotDetermined(why) });
        let events = match workspace.alert_events(place, around(-BEFORE), around(AFTER)).await {
            Ok(events) => events,
            Err(error) => return unknown(error.to_string()),
        };
        let Some(last) = events.iter().max_by_key(|event| event.at) else {
            if alert.state != AlertState::Dismissed {
                return unknown(NO_ACT.to_owned());
            }
            return match self.suppression(workspace, place.subscription(), &alert.kind).await {
                Ok(Some(rule)) => Some(Moved { at: moved.at, by: Mover::Suppression(rule) }),
                Ok(None) => unknown(NO_ACT.to_owned()),
                Err(why) => unknown(why),
            };
        };
        if last.act.leads_to() != alert.state {
            return unknown(OTHER_ACT.to_owned());
        }
        Some(by_event(last, moved.at, history))
    }

    /// The youngest suppression rule that may have dismissed an alert of this type.
    async fn suppression(
        &self,
        workspace: &Workspace,
        subscription: &str,
        kind: &str,
    ) -> Result<Option<Suppression>, String> {
        let guid = Uuid::try_parse(subscription).map_err(|error| error.to_string())?;
        let kept = self.rules().get(&guid).filter(|kept| kept.asked.elapsed() < RULES_KEPT).cloned();
        let rules = match kept {
            Some(kept) => kept.rules,
            None => {
                let read = workspace.suppression_rules(guid).await;
                let rules = read.map(Arc::from).map_err(|error| error.to_string());
                self.rules().insert(guid, Rules { asked: Instant::now(), rules: rules.clone() });
                rules
            }
        };
        let rules = rules?;
        let fitting = rules.iter().filter(|rule| rule.may_dismiss(kind));
        // One whose age nobody knows could be the youngest.
        Ok(fitting.max_by_key(|it| (it.rule.changed.is_none(), it.rule.changed)).map(|it| it.rule.clone()))
    }

    fn rules(&self) -> MutexGuard<'_, BTreeMap<Uuid, Rules>> {
        // What it guards is whole at every moment.
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the products' own sync is on for a subscription; `None` where nobody can tell.
    async fn synced(&self, workspace: &Workspace, subscription: &str) -> Option<bool> {
        let kept = self.syncs().get(subscription).copied();
        if let Some(kept) = kept.filter(|kept| kept.asked.elapsed() < KEPT) {
            return kept.enabled;
        }
        let guid = Uuid::try_parse(subscription).ok()?;
        let enabled = match workspace.alert_sync(guid).await {
            Ok(enabled) => Some(enabled),
            Err(error) => {
                tracing::warn!(subscription, %error, "whether the products' own sync is on could not be read");
                None
            }
        };
        self.syncs().insert(subscription.to_owned(), Synced { asked: Instant::now(), enabled });
        enabled
    }

    fn syncs(&self) -> MutexGuard<'_, BTreeMap<String, Synced>> {
        // What it guards is whole at every moment.
        self.syncs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How an alert came to stand where an act that the activity log tells of has brought it, which its rows tell at `at`.
fn by_event(event: &AlertEvent, at: Time, history: &History) -> Moved {
    let is_run = |guid: Uuid| history.runs().iter().any(|run| run.id() == RunId::new(guid));
    let by = if event.correlation.is_some_and(is_run) {
        Mover::Ourselves
    } else if event.app_id.eq_ignore_ascii_case(SENTINEL) || event.caller.eq_ignore_ascii_case(SENTINEL_NAME) {
        Mover::Sync
    } else if !event.is_of_a_person {
        let why = format!("the application {} did it, and nobody knows for whom", event.caller);
        return Moved { at, by: Mover::NotDetermined(why) };
    } else {
        let (name, object_id, address) = (event.caller.clone(), event.object_id.clone(), event.address.clone());
        Mover::Person(Who { name, object_id, address, is_suspect: false })
    };
    Moved { at: event.at, by }
}

/// Says who moved the alerts, where the workspace's copy of the activity log tells of an act that fits.
pub(crate) fn name_movers(sightings: &mut Sightings, history: &History) {
    for alert in sightings.due.iter_mut().flat_map(|incident| &mut incident.alerts) {
        if let (Some(event), Some(moved)) = (sightings.told.get(&alert.id), &alert.moved)
            && event.act.leads_to() == alert.state
        {
            alert.moved = Some(by_event(event, moved.at, history));
        }
    }
}

fn is_determined(alert: &Alert) -> bool {
    alert.moved.as_ref().is_some_and(|moved| !matches!(moved.by, Mover::NotDetermined(_)))
}

/// Whether the person who moved an alert, or the address that they came from, is among what the alert itself names.
///
/// Source of the members: Microsoft.Security alerts, the entities of an alert, as Sentinel's entity types spell them.
pub(crate) fn marked_suspect(alert: Alert, document: Option<&Map<String, Value>>) -> Alert {
    let entities = document.and_then(|it| it.get("properties")?.get("entities")?.as_array());
    let Some(Moved { at, by: Mover::Person(who) }) = alert.moved.clone() else { return alert };
    let names = |entity: &Value| {
        let text = |name: &str| {
            let find = |(key, value): (&String, &Value)| {
                key.eq_ignore_ascii_case(name).then(|| value.as_str().unwrap_or_default().to_owned())
            };
            entity.as_object().and_then(|it| it.iter().find_map(find)).unwrap_or_default()
        };
        let (name, suffix) = (text("name"), text("upnSuffix"));
        let qualified = format!("{name}@{suffix}");
        let is = |one: &str, other: &str| !one.is_empty() && one.eq_ignore_ascii_case(other);
        is(&qualified, &who.name)
            || is(&name, &who.name)
            || is(&text("email"), &who.name)
            || is(&text("aadUserId"), &who.object_id)
            || is(&text("objectGuid"), &who.object_id)
            || is(&text("address"), &who.address)
    };
    let is_suspect = entities.is_some_and(|entities| entities.iter().any(names));
    Alert { moved: Some(Moved { at, by: Mover::Person(Who { is_suspect, ..who }) }), ..alert }
}

/// Whose movers a decision needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Movers {
    /// Nobody's.
    None,
    /// Of the alerts that were dismissed.
    Dismissed,
    /// Of the alerts that are finished.
    Finished,
    /// Of every alert that was moved.
    All,
}

impl Movers {
    /// Whose movers `policy` needs for `course`; `counts_people`: so much is lowered that it matters whose acts are followed.
    pub(crate) fn of(policy: &Policy, seen: &Incident, course: Option<&Course>, counts_people: bool) -> Self {
        let newest = policy.all_knobs().any(|knobs| knobs.conflict == Conflict::Newest);
        let lowers = matches!(course, Some(Course::Inward(target)) if target.lowers());
        if newest || (lowers && (seen.closed.is_some() || seen.state.is_closed() || is_close_call(seen))) {
            Self::All
        } else if lowers && counts_people {
            Self::Finished
        } else if lowers && policy.all_knobs().any(|knobs| knobs.holds != Holds::NONE) {
            Self::Dismissed
        } else {
            Self::None
        }
    }

    fn want(self, state: &AlertState) -> bool {
        match self {
            Self::None => false,
            Self::Dismissed => *state == AlertState::Dismissed,
            Self::Finished => state.is_finished(),
            Self::All => *state != AlertState::New,
        }
    }
}

/// Whether somebody acted on the incident so shortly before an alert is seen to have moved that the act may have come after
/// it: the tables tell of a move minutes later.
fn is_close_call(seen: &Incident) -> bool {
    let Some(act) = &seen.acted else { return false };
    let moved = seen.alerts.iter().filter_map(|alert| alert.moved.as_ref()).map(|moved| moved.at).max();
    moved.is_some_and(|moved| act.at <= moved && act.at >= moved.earlier_by(ROWS_LATE))
}

/// Where another incident that holds an alert stands.
async fn elsewhere(
    workspace: &Workspace,
    history: &History,
    alert: &AlertId,
    state: &AlertState,
    other: Elsewhere,
) -> Elsewhere {
    let fresh = match workspace.incident(&other.incident).await {
        Ok(fresh) if !fresh.labels.iter().any(|label| label.eq_ignore_ascii_case(REDIRECTED)) => fresh,
        Ok(_) => return Elsewhere { state: None, ..other },
        Err(error) => {
            tracing::info!(incident = %other.incident, %error, "another incident that holds the alert cannot be read");
            return Elsewhere { state: None, ..other };
        }
    };
    let base = history.base(&other.incident);
    let followed = base.is_some_and(|base| base.written() == Some(&fresh.state) && base.pair(alert).0 == state);
    let is_clear = !matches!(fresh.state, IncidentState::Other(_));
    Elsewhere { state: Some(fresh.state).filter(|_| is_clear), followed, ..other }
}

const REDIRECTED: &str = "Redirected";

/// How far around the moment that the tables give an act is looked for, in seconds. The rows come minutes after it.
const BEFORE: i64 = 10_800;
const AFTER: i64 = 86_400;

/// The application that Sentinel acts as in other services, and its name.
///
/// Source: the application's registration in Entra tenants; no document says that the sync acts as it.
const SENTINEL: &str = "98785600-1bb7-4fb9-b9fa-19afe2c8a360";
const SENTINEL_NAME: &str = "Azure Security Insights";

const NO_ACT: &str = "the activity log tells of no act that fits";
const OTHER_ACT: &str = "the last act in the activity log is another";

/// How long suppression rules are taken to be as they were read.
const RULES_KEPT: Duration = Duration::from_secs(300);

/// How long the answer about a subscription is taken for true.
const KEPT: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn i20_who_is_named_by_the_alert_is_its_own_suspect() {
        let who = Who {
            name: "mallory@contoso.example".into(),
            object_id: "2046feea-040d-4a46-9e2b-91c2941bfa70".into(),
            address: "203.0.113.7".into(),
            is_suspect: false,
        };
        let check = |entity: Value, expected: bool| {
            let alert = Alert {
                id: AlertId::parse("7c1a5e08-0000-4000-8000-000000000001").expect("a GUID"),
                state: AlertState::Dismissed,
                product: String::new(),
                title: String::new(),
                kind: String::new(),
                place: None,
                raised: None,
                moved: Some(Moved { at: Time::from_ticks(0), by: Mover::Person(who.clone()) }),
                elsewhere: Vec::new(),
                synced: None,
            };
            let document = json!({ "properties": { "entities": [{ "type": "host", "hostName": "vm-1" }, entity] } });
            let marked = marked_suspect(alert, document.as_object());
            assert_eq!(marked.mover().map(|who| who.is_suspect), Some(expected), "{document}");
        };
        check(json!({ "type": "account", "name": "Mallory", "upnSuffix": "contoso.example" }), true);
        check(json!({ "type": "account", "Name": "mallory", "UPNSuffix": "contoso.example" }), true);
        check(json!({ "type": "account", "aadUserId": "2046FEEA-040d-4a46-9e2b-91c2941bfa70" }), true);
        check(json!({ "type": "ip", "address": "203.0.113.7" }), true);
        check(json!({ "type": "ip", "address": "203.0.113.8" }), false);
        check(json!({ "type": "account", "name": "alice", "upnSuffix": "contoso.example" }), false);
        check(json!({ "type": "account", "name": "" }), false);
        check(json!("nonsense"), false);
    }
}
