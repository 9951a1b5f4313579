//! Fresh reads of one incident, and the decision that they allow.
//!
//! The tables may be late, doubled or cut short; what is written is decided from these reads alone. The alerts are read last:
//! they have no version that a write could be bound to, so they must not grow old.

use futures::future::join_all;
use lockstep_azure::{Error, Fault, FreshIncident, Workspace};
use lockstep_core::{
    Agreed, Alert, AlertState, Change, Confirmed, Incident, IncidentId, Policy, Reason, Target, Verdict, decide,
};
use serde_json::{Map, Value};
use tokio::time::Instant;

/// An incident as it was read, whole.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) fresh: FreshIncident,
    pub(crate) confirmed: Confirmed,
    /// The alerts as Defender for Cloud sent them, in the order of the incident's; `None` where there was nothing to send.
    pub(crate) documents: Vec<Option<Map<String, Value>>>,
    /// When the reads began.
    pub(crate) began: Instant,
}

/// A change, and the reads that it was decided from.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) change: Change,
    pub(crate) read: Read,
}

/// Reads an incident and its alerts; `target` says whether its tasks matter.
///
/// What cannot be read about an alert becomes a state of that alert. An incident that cannot be read is a reason to leave it,
/// and so is a right that is missing for either.
pub(crate) async fn confirm(workspace: &Workspace, seen: &Incident, target: Target) -> Result<Read, Reason> {
    let began = Instant::now();
    let tasks = async { if target.lowers() { workspace.open_tasks(&seen.id).await.map(Some) } else { Ok(None) } };
    let (fresh, tasks) = futures::join!(workspace.incident(&seen.id), tasks);
    let fresh = fresh.map_err(unread)?;
    let open_tasks = tasks.map_err(unread)?;
    let alerts = join_all(seen.alerts.iter().map(|alert| read_alert(workspace, alert))).await;
    let (alerts, documents) = alerts.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let confirmed = fresh.confirmed(alerts, open_tasks);
    Ok(Read { fresh, confirmed, documents, began })
}

/// Decides from fresh reads. Tasks are read now where they turn out to matter only here.
pub(crate) async fn judge(
    workspace: &Workspace,
    mut read: Read,
    policy: &Policy,
    base: Option<&Agreed>,
) -> Result<Judged, (IncidentId, Reason)> {
    let mut verdict = decide(&read.confirmed, policy, base);
    if let Verdict::Leave(incident, Reason::TasksUnread) = &verdict {
        let open = workspace.open_tasks(incident).await.map_err(|error| (incident.clone(), unread(error)))?;
        read.confirmed.open_tasks = Some(open);
        verdict = decide(&read.confirmed, policy, base);
    }
    match verdict {
        Verdict::Change(change) => Ok(Judged { change, read }),
        Verdict::Leave(incident, reason) => Err((incident, reason)),
    }
}

type AlertWithDocument = (Alert, Option<Map<String, Value>>);

async fn read_alert(workspace: &Workspace, seen: &Alert) -> Result<AlertWithDocument, Reason> {
    let unread = || Ok((Alert { state: AlertState::Unread, ..seen.clone() }, None));
    let Some(place) = &seen.place else {
        tracing::warn!(alert = %seen.id, "the tables do not say where the alert is");
        return unread();
    };
    match workspace.alert(place).await {
        Ok(fresh) => {
            let said = |fresh: String, seen: &str| if fresh.is_empty() { seen.to_owned() } else { fresh };
            let document = fresh.document().cloned();
            let alert = Alert {
                state: fresh.state,
                product: said(fresh.product, &seen.product),
                title: said(fresh.title, &seen.title),
                ..seen.clone()
            };
            Ok((alert, document))
        }
        Err(error) if error.is_about_rights() => Err(Reason::NotAllowed(error.to_string())),
        Err(error) => {
            tracing::warn!(alert = %seen.id, %error, "the alert could not be read");
            unread()
        }
    }
}

fn unread(error: Error) -> Reason {
    match error.fault {
        Fault::NotFound { .. } => Reason::Gone,
        _ if error.is_about_rights() => Reason::NotAllowed(error.to_string()),
        _ => Reason::Unread(error.to_string()),
    }
}
