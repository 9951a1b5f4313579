//! What a decision needs beside an incident and its alerts: the other incidents that hold an alert, and whether the
//! products' own sync carries closings to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use lockstep_azure::Workspace;
use lockstep_core::{Alert, AlertId, AlertState, Course, Elsewhere, IncidentState};
use lockstep_ledger::History;
use tokio::time::Instant;
use uuid::Uuid;

/// What was found out about subscriptions, kept for a while. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    syncs: Arc<Mutex<BTreeMap<String, Synced>>>,
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
        alerts: &mut [Alert],
    ) {
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

/// How long the answer about a subscription is taken for true.
const KEPT: Duration = Duration::from_secs(3_600);
