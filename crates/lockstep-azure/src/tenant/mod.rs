//! How the tenant is set up, as far as it decides whether incidents and alerts can be kept in step. Read only; what it means is
//! doctor's business.
//!
//! Each file is one resource: what is asked, and how the reply is read.

mod alert_rules;
mod automation_rules;
mod connectors;
mod defender;
mod rights;
mod surveys;
mod workspace;

pub use alert_rules::CreationRule;
pub use automation_rules::AutomationRule;
pub use connectors::Connector;
pub use defender::Plan;
pub use rights::Rights;
pub use surveys::{AlertSurvey, IncidentSurvey, SampledIncident};
pub use workspace::WorkspaceResource;

use azure_core::http::Url;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::door::Workspace;
use crate::endpoints::Endpoints;
use crate::error::Error;
use crate::json::Wrong;
use crate::logs;
use crate::operation::Operation;
use crate::pages::Pages;
use crate::scope::Scope;

impl Workspace {
    /// Reads the workspace's own resource: its GUID, and what time it is at the service.
    ///
    /// # Errors
    /// Any fault; [`Fault::NotFound`](crate::Fault::NotFound) where there is no such workspace.
    pub async fn resource(&self) -> Result<WorkspaceResource, Error> {
        let reply = self.send(Operation::ReadWorkspace, workspace::read(self.endpoints(), self.scope())).await?;
        workspace::was_read(&reply).map_err(|fault| reply.error(fault))
    }

    /// Whether Sentinel is on in the workspace.
    ///
    /// # Errors
    /// Any fault but that it is not on.
    pub async fn is_onboarded(&self) -> Result<bool, Error> {
        let request = workspace::read_onboarding(self.endpoints(), self.scope());
        let reply = self.send(Operation::ReadOnboarding, request).await?;
        workspace::onboarding_was_read(&reply).map_err(|fault| reply.error(fault))
    }

    /// The rules that make incidents of Microsoft's alerts, on or off.
    ///
    /// # Errors
    /// Any fault of any page.
    pub async fn creation_rules(&self) -> Result<Vec<CreationRule>, Error> {
        let first = sentinel(self.endpoints(), self.scope(), "alertRules");
        let rules = self.list(Operation::ListAlertRules, first, alert_rules::read).await?;
        Ok(rules.into_iter().flatten().collect())
    }

    /// The rules that act on incidents by themselves.
    ///
    /// # Errors
    /// Any fault of any page.
    pub async fn automation_rules(&self) -> Result<Vec<AutomationRule>, Error> {
        let first = sentinel(self.endpoints(), self.scope(), "automationRules");
        self.list(Operation::ListAutomationRules, first, automation_rules::read).await
    }

    /// What brings data into the workspace.
    ///
    /// # Errors
    /// Any fault of any page.
    pub async fn connectors(&self) -> Result<Vec<Connector>, Error> {
        let first = sentinel(self.endpoints(), self.scope(), "dataConnectors");
        self.list(Operation::ListDataConnectors, first, connectors::read).await
    }

    /// Whether closing an incident closes its alerts of this subscription (bi-directional sync).
    ///
    /// # Errors
    /// Any fault.
    pub async fn alert_sync(&self, subscription: Uuid) -> Result<bool, Error> {
        let request = defender::read_sync(self.endpoints(), subscription);
        let reply = self.send(Operation::ReadAlertSync, request).await?;
        defender::sync_was_read(&reply).map_err(|fault| reply.error(fault))
    }

    /// Defender for Cloud's plans in a subscription.
    ///
    /// # Errors
    /// Any fault.
    pub async fn plans(&self, subscription: Uuid) -> Result<Vec<Plan>, Error> {
        self.list(Operation::ListPlans, defender::plans(self.endpoints(), subscription), defender::read_plan).await
    }

    /// What this identity may do in the workspace, as Resource Manager adds it up.
    ///
    /// # Errors
    /// Any fault of any page.
    pub async fn rights(&self) -> Result<Rights, Error> {
        let first = rights::list(self.endpoints(), &self.scope().arm_id());
        self.list(Operation::ReadWorkspaceRights, first, rights::read).await.map(Rights)
    }

    /// What this identity may do in a subscription, as Resource Manager adds it up.
    ///
    /// # Errors
    /// Any fault of any page.
    pub async fn subscription_rights(&self, subscription: Uuid) -> Result<Rights, Error> {
        let first = rights::list(self.endpoints(), &format!("/subscriptions/{subscription}"));
        self.list(Operation::ReadSubscriptionRights, first, rights::read).await.map(Rights)
    }

    /// What the table of incidents holds.
    ///
    /// # Errors
    /// Any fault; a partial or an empty answer is one.
    pub async fn survey_incidents(&self) -> Result<IncidentSurvey, Error> {
        let query = logs::query(self.endpoints(), self.scope().workspace_id(), surveys::INCIDENTS);
        let reply = self.send(Operation::SurveyIncidents, query).await?;
        logs::answer(&reply).and_then(|rows| surveys::incidents(&rows)).map_err(|fault| reply.error(fault))
    }

    /// What the table of alerts holds.
    ///
    /// # Errors
    /// Any fault; a partial or an empty answer is one.
    pub async fn survey_alerts(&self) -> Result<AlertSurvey, Error> {
        let query = logs::query(self.endpoints(), self.scope().workspace_id(), surveys::ALERTS);
        let reply = self.send(Operation::SurveyAlerts, query).await?;
        logs::answer(&reply).and_then(|rows| surveys::alerts(&rows)).map_err(|fault| reply.error(fault))
    }

    pub(crate) async fn list<T>(
        &self,
        operation: Operation,
        first: Url,
        read: fn(&Map<String, Value>) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, Error> {
        let mut pages = Pages::new(first, MOST_PAGES, read);
        while let Some(request) = pages.request() {
            let reply = self.send(operation, request).await?;
            pages.was_read(&reply).map_err(|fault| reply.error(fault))?;
        }
        Ok(pages.items())
    }
}

/// The first page of a list of Sentinel's.
fn sentinel(endpoints: &Endpoints, scope: &Scope, list: &str) -> Url {
    let path = format!("{}/providers/Microsoft.SecurityInsights/{list}", scope.arm_id());
    url(endpoints, &path, crate::incidents::API_VERSION)
}

fn url(endpoints: &Endpoints, path: &str, version: &str) -> Url {
    let mut url = endpoints.arm.clone();
    url.set_path(path);
    url.query_pairs_mut().append_pair("api-version", version);
    url
}

/// More pages than any list here has in practice: a workspace holds 512 rules of each kind.
const MOST_PAGES: usize = 100;
