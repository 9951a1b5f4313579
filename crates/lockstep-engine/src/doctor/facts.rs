//! Everything that doctor reads, before anything is made of it.

use futures::StreamExt;
use futures::stream;
use lockstep_azure::{
    AlertSurvey, AutomationRule, Connector, CreationRule, Error, FreshIncident, IncidentSurvey, Needs, Plan, Rights,
    SampledIncident, Workspace, WorkspaceResource,
};
use lockstep_core::Time;
use uuid::Uuid;

use crate::clock::Clock;

/// What was read of a tenant. What could not be read is an error in its place.
#[derive(Debug)]
pub struct Facts {
    /// What the policy needs.
    pub needs: Needs,
    /// The workspace's GUID by the settings.
    pub workspace_id: Uuid,
    /// The workspace's ARM id.
    pub workspace: String,
    /// Where Resource Manager answers, without a slash at its end.
    pub arm: String,
    /// What our clock showed when the workspace was read.
    pub now: Time,
    pub(super) resource: Result<WorkspaceResource, Error>,
    pub(super) onboarded: Result<bool, Error>,
    pub(super) rules: Result<Vec<CreationRule>, Error>,
    pub(super) automation: Result<Vec<AutomationRule>, Error>,
    pub(super) connectors: Result<Vec<Connector>, Error>,
    pub(super) rights: Result<Rights, Error>,
    pub(super) incidents: Result<IncidentSurvey, Error>,
    pub(super) alerts: Result<AlertSurvey, Error>,
    pub(super) sample: Vec<(SampledIncident, Result<FreshIncident, Error>)>,
    pub(super) subscriptions: Vec<Subscription>,
    /// How many further subscriptions were not looked at.
    pub(super) not_looked_at: usize,
    pub(super) ledger: LedgerFacts,
}

/// What was read of one subscription.
#[derive(Debug)]
pub struct Subscription {
    pub(super) id: Uuid,
    pub(super) sync: Result<bool, Error>,
    pub(super) plans: Result<Vec<Plan>, Error>,
    pub(super) rights: Result<Rights, Error>,
}

/// What the ledger says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerFacts {
    /// Where it lies.
    pub place: String,
    /// What is there.
    pub found: LedgerFound,
}

/// What lies where the ledger should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerFound {
    /// Nothing yet.
    Nothing,
    /// A ledger, with this many entries and runs.
    Ledger {
        /// Its entries.
        entries: u64,
        /// The runs that wrote something.
        runs: usize,
    },
    /// Something that cannot be used, and why.
    Unusable(String),
}

/// Reads everything, a few requests at a time.
pub(super) async fn gather(
    workspace: &Workspace,
    arm: &str,
    needs: Needs,
    clock: &Clock,
    ledger: LedgerFacts,
) -> Facts {
    let resource = async {
        let resource = workspace.resource().await;
        (resource, clock.now())
    };
    let tables = async { (workspace.survey_incidents().await, workspace.survey_alerts().await) };
    let setup = async {
        let (onboarded, rules) = futures::join!(workspace.is_onboarded(), workspace.creation_rules());
        let (automation, connectors) = futures::join!(workspace.automation_rules(), workspace.connectors());
        (onboarded, rules, automation, connectors)
    };
    let ((resource, now), (incidents, alerts), (onboarded, rules, automation, connectors), rights) =
        futures::join!(resource, tables, setup, workspace.rights());

    let mut ids = vec![workspace.scope().subscription()];
    ids.extend(alerts.iter().flat_map(|survey| survey.subscriptions.iter().copied()));
    ids.extend(connectors.iter().flatten().filter_map(|connector| match connector {
        Connector::Subscription { subscription, .. } => Some(*subscription),
        Connector::Tenant { .. } | Connector::Other { .. } => None,
    }));
    let own = ids[0];
    ids.sort_unstable();
    ids.dedup();
    // The workspace's own may hold no alerts at all; it is looked at where nothing says which do.
    if ids.len() > 1 && alerts.as_ref().is_ok_and(|survey| !survey.subscriptions.contains(&own)) {
        let connected =
            |it: &Connector| matches!(it, Connector::Subscription { subscription, .. } if *subscription == own);
        if !connectors.iter().flatten().any(connected) {
            ids.retain(|id| *id != own);
        }
    }
    let not_looked_at = ids.len().saturating_sub(MOST_SUBSCRIPTIONS);
    ids.truncate(MOST_SUBSCRIPTIONS);
    let subscription = |id: Uuid| async move {
        let (sync, plans, rights) =
            futures::join!(workspace.alert_sync(id), workspace.plans(id), workspace.subscription_rights(id));
        Subscription { id, sync, plans, rights }
    };
    let subscriptions = stream::iter(ids).map(subscription).buffered(AT_ONCE).collect().await;

    let sampled: Vec<SampledIncident> = incidents.iter().flat_map(|survey| survey.sample.iter().cloned()).collect();
    let sample = |sampled: SampledIncident| async move {
        let fresh = workspace.incident(&sampled.id).await;
        (sampled, fresh)
    };
    let sample = stream::iter(sampled).map(sample).buffered(AT_ONCE).collect().await;
    Facts {
        needs,
        workspace_id: workspace.scope().workspace_id(),
        workspace: workspace.scope().arm_id(),
        arm: arm.trim_end_matches('/').to_owned(),
        now,
        resource,
        onboarded,
        rules,
        automation,
        connectors,
        rights,
        incidents,
        alerts,
        sample,
        subscriptions,
        not_looked_at,
        ledger,
    }
}

/// How many subscriptions or incidents are read at the same time.
const AT_ONCE: usize = 4;

/// Three requests each: beyond this, doctor would be the burst that it warns of.
const MOST_SUBSCRIPTIONS: usize = 60;
