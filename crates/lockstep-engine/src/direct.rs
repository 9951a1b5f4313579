//! Direct sight: the lists of both services, laid over what the tables say of who holds what.
//!
//! The tables alone know which alerts an incident holds, who acted on it, and which incidents were closed; the lists know
//! how open incidents and their alerts stand now. What a list does not tell is not taken from the tables in its place.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use lockstep_azure::{AlertEvent, Error, FreshAlert, FreshIncident, OpenIncidents, Sightings, Untouched, Workspace};
use lockstep_core::{
    Alert, AlertId, AlertState, Incident, IncidentId, Memory, Moved, Mover, Reason, Time, is_defender_product,
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::carry_out::FRESH;
use crate::confirm::{as_read, unread, with_past};

/// The lists of both services, as one look read them.
#[derive(Debug)]
pub(crate) struct Lists {
    began: Instant,
    incidents: BTreeMap<IncidentId, FreshIncident>,
    /// By subscription, then by the alert's name in lower case.
    alerts: BTreeMap<Uuid, Result<BTreeMap<String, FreshAlert>, Error>>,
}

impl Lists {
    /// The list of incidents that was asked for at `began`. Those whose JSON cannot be read come back beside it.
    pub(crate) fn new(began: Instant, open: OpenIncidents) -> (Self, Vec<lockstep_azure::Unreadable>) {
        let incidents = open.incidents.into_iter().map(|incident| (incident.id.clone(), incident)).collect();
        (Self { began, incidents, alerts: BTreeMap::new() }, open.unreadable)
    }

    /// The list's own read of an incident, and when it began, while it may stand for a fresh one.
    pub(crate) fn fresh(&self, id: &IncidentId) -> Option<(&FreshIncident, Instant)> {
        if self.began.elapsed() > FRESH {
            return None;
        }
        self.incidents.get(id).map(|incident| (incident, self.began))
    }

    /// Lists the alerts of every subscription that has some in an incident.
    pub(crate) async fn read_alerts(&mut self, workspace: &Workspace, due: &[Incident]) {
        let mut wanted: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
        for (subscription, name) in due.iter().flat_map(|incident| &incident.alerts).filter_map(key) {
            wanted.entry(subscription).or_default().insert(name);
        }
        let lists = wanted.into_iter().map(|(subscription, wanted)| async move {
            (subscription, workspace.listed_alerts(subscription, &wanted).await)
        });
        self.alerts = join_all(lists).await.into_iter().collect();
    }

    /// Lays the lists over what the tables say, and counts the incidents of Defender for Cloud of which no row says yet
    /// which alerts they hold.
    pub(crate) fn lay_over<'m>(&self, sightings: &mut Sightings, memory: impl Fn(&Incident) -> Memory<'m>) {
        let asked = sightings.asked;
        for seen in &mut sightings.due {
            let alerts = seen.alerts.iter().map(|alert| self.shown(alert, asked, &mut sightings.told)).collect();
            *seen = match self.incidents.get(&seen.id) {
                Some(fresh) => {
                    let shown = Incident { alerts, ..fresh.confirmed(Vec::new(), None).incident };
                    with_past(shown, seen, fresh, &memory(seen))
                }
                // Nobody lists what is closed; what was closed since is read before it is written.
                None => Incident { alerts, ..seen.clone() },
            };
        }
        let named: BTreeSet<_> = sightings.due.iter().map(|seen| &seen.id).collect();
        let is_unnamed = |fresh: &&FreshIncident| {
            let is_ours = fresh.products.iter().any(|product| is_defender_product(product));
            is_ours && fresh.alerts_count > 0 && !named.contains(&fresh.id)
        };
        let unnamed = self.incidents.values().filter(is_unnamed).count();
        if unnamed > 0 {
            sightings.untouched.insert(Untouched::AlertsUnnamed, u64::try_from(unnamed).unwrap_or(u64::MAX));
        }
    }

    /// Why nothing can be said of an incident: the list of its alerts' subscription could not be read.
    pub(crate) fn unread(&self, seen: &Incident) -> Option<Reason> {
        let error = |(subscription, _): (Uuid, String)| self.alerts.get(&subscription)?.as_ref().err().cloned();
        seen.alerts.iter().filter_map(key).find_map(error).map(unread)
    }

    /// An alert as its list shows it. An act that is known of and does not fit any more is forgotten.
    fn shown(&self, alert: &Alert, asked: Time, told: &mut BTreeMap<AlertId, AlertEvent>) -> Alert {
        let Some(Ok(list)) = key(alert).and_then(|(subscription, _)| self.alerts.get(&subscription)) else {
            return alert.clone();
        };
        let Some(fresh) = key(alert).and_then(|(_, name)| list.get(&name)) else {
            return Alert { state: AlertState::Missing, moved: None, ..alert.clone() };
        };
        let since = alert.moved.as_ref().map(|moved| moved.at);
        if fresh.state != alert.state && told.get(&alert.id).is_some_and(|event| Some(event.at) <= since) {
            told.remove(&alert.id);
        }
        let moved_by_now = || Moved { at: asked, by: Mover::NotDetermined(NOT_TOLD.to_owned()) };
        let shown = as_read(alert.clone(), fresh);
        let moved = shown.moved.clone().or_else(|| (shown.state != AlertState::New).then(moved_by_now));
        Alert { moved, ..shown }
    }
}

/// Where an alert is found among the lists; `None` where the tables do not say where it is.
fn key(alert: &Alert) -> Option<(Uuid, String)> {
    let place = alert.place.as_ref()?;
    Some((Uuid::try_parse(place.subscription()).ok()?, place.name().to_ascii_lowercase()))
}

const NOT_TOLD: &str = "the list shows where it stands, not who moved it";
