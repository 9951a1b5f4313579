//! The one door to the cloud, for one workspace.

use std::sync::Arc;

use azure_core::http::{HttpClient, Request};
use lockstep_core::{AlertAct, AlertPlace, IncidentId, Instance};
use uuid::Uuid;

use crate::alerts::{self, FreshAlert};
use crate::comments;
use crate::credentials::{Auth, AuthError, Identity};
use crate::endpoints::{Endpoints, World};
use crate::error::{Error, WriteError};
use crate::exchange::Exchange;
use crate::incidents::{self, FreshIncident, IncidentChange};
use crate::logs;
use crate::operation::Operation;
use crate::pace::Pace;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::sightings::{Question, Sightings};
use crate::tasks;
use crate::throttle::{OnWait, Patience};
use crate::timeline::{self, Recorded, Which};
use crate::written::{self, Lost, WrittenRows};

/// A workspace and everything around it, as far as it can be reached with one identity.
///
/// Cheap to clone; clones share tokens, connections and what the services said about waiting. Every error says what was
/// asked, on which side it failed and what to do.
#[derive(Clone, Debug)]
pub struct Workspace {
    inner: Arc<Inner>,
    run: Uuid,
}

#[derive(Debug)]
struct Inner {
    endpoints: Endpoints,
    scope: Scope,
    exchange: Exchange,
}

/// What may be chosen about requests.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How long one request may keep its caller waiting.
    pub patience: Patience,
    /// How much of what the services give is taken.
    pub pace: Pace,
    /// Who is told of each wait.
    pub on_wait: OnWait,
    /// Who is meant to answer.
    pub world: World,
}

impl Workspace {
    /// The workspace at `scope`, for the identity `auth`; all requests, those for tokens too, go through `client`. Sends nothing.
    ///
    /// # Errors
    /// The identity cannot be used as it is described.
    pub fn new(
        endpoints: Endpoints,
        scope: Scope,
        auth: Auth,
        client: Arc<dyn HttpClient>,
        options: Options,
    ) -> Result<Self, AuthError> {
        let Options { patience, pace, on_wait, world } = options;
        let identity = Identity::new(auth, scope.tenant(), &endpoints, &client, patience, &on_wait)?;
        let exchange = Exchange::new(&endpoints, Arc::new(identity), &client, patience, pace, &on_wait, world);
        Ok(Self { inner: Arc::new(Inner { endpoints, scope, exchange }), run: Uuid::new_v4() })
    }

    /// The same door, whose requests carry `run` as `x-ms-correlation-request-id`: Resource Manager keeps it in the activity log.
    #[must_use]
    pub fn for_run(&self, run: Uuid) -> Self {
        Self { inner: Arc::clone(&self.inner), run }
    }

    /// Waits until it is our turn to write by the pace that was chosen, and holds the place for the next write of this kind.
    ///
    /// A write that did not wait here is refused when it comes too early: [`WriteError::Later`]. Wait first and read then, so
    /// that what is written was decided from what was just read. Answers whether there was anything to wait for.
    pub async fn turn_for_incident(&self) -> bool {
        self.inner.exchange.turn(Operation::WriteIncident).await
    }

    /// The same for an act on an alert.
    pub async fn turn_for_alert(&self, act: AlertAct) -> bool {
        self.inner.exchange.turn(alerts::operation(act)).await
    }

    /// Which workspace it is.
    pub fn scope(&self) -> &Scope {
        &self.inner.scope
    }

    /// Asks the tables what a pass has to look at: one query, one request.
    ///
    /// # Errors
    /// Any fault. A partial, an empty or a broken answer is one: from none of them follows that there is nothing to do.
    pub async fn sightings(&self, question: &Question) -> Result<Sightings, Error> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let reply = self.send(Operation::Query, logs::query(endpoints, scope.workspace_id(), &question.kql())).await?;
        logs::answer(&reply).and_then(|rows| Sightings::read(&rows)).map_err(|fault| reply.error(fault))
    }

    /// Asks the tables how an incident and its alerts came to stand where they do: one query, one request.
    ///
    /// # Errors
    /// Any fault, as for [`Workspace::sightings`].
    pub async fn timeline(&self, which: &Which) -> Result<Vec<Recorded>, Error> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let request = logs::query(endpoints, scope.workspace_id(), &timeline::kql(which));
        let reply = self.send(Operation::Query, request).await?;
        logs::answer(&reply).and_then(|rows| timeline::read(&rows)).map_err(|fault| reply.error(fault))
    }

    /// Asks the table of incidents what installations of ours wrote: one query, one request.
    ///
    /// # Errors
    /// Any fault, as for [`Workspace::sightings`].
    pub async fn written(&self) -> Result<WrittenRows, Error> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let request = logs::query(endpoints, scope.workspace_id(), &written::rows_kql());
        let reply = self.send(Operation::Query, request).await?;
        logs::answer(&reply).and_then(|rows| WrittenRows::read(&rows)).map_err(|fault| reply.error(fault))
    }

    /// Asks both tables what the ledger of an installation knew: one query, one request.
    ///
    /// # Errors
    /// Any fault, as for [`Workspace::sightings`].
    pub async fn lost(&self, instance: &Instance) -> Result<Lost, Error> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let request = logs::query(endpoints, scope.workspace_id(), &written::lost_kql(instance));
        let reply = self.send(Operation::Query, request).await?;
        logs::answer(&reply).and_then(|rows| Lost::read(&rows)).map_err(|fault| reply.error(fault))
    }

    /// Reads one incident, fresh.
    ///
    /// # Errors
    /// Any fault; [`Fault::NotFound`](crate::Fault::NotFound) where there is no such incident any more.
    pub async fn incident(&self, id: &IncidentId) -> Result<FreshIncident, Error> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let reply = self.send(Operation::ReadIncident, incidents::read(endpoints, scope, id)).await?;
        incidents::was_read(&reply, id).map_err(|fault| reply.error(fault))
    }

    /// Reads one alert, fresh. Where there is no such alert, its state is `Missing`.
    ///
    /// # Errors
    /// Any fault; [`Fault::NotFound`](crate::Fault::NotFound) where its whole subscription cannot be found.
    pub async fn alert(&self, place: &AlertPlace) -> Result<FreshAlert, Error> {
        let reply = self.send(Operation::ReadAlert, alerts::read(&self.inner.endpoints, place)).await?;
        alerts::was_read(&reply, place).map_err(|fault| reply.error(fault))
    }

    /// Counts the tasks of an incident that are not completed, over all pages.
    ///
    /// # Errors
    /// Any fault of any page: a count of some pages is none.
    pub async fn open_tasks(&self, id: &IncidentId) -> Result<u64, Error> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let mut pages = tasks::Pages::new(endpoints, scope, id);
        while let Some(request) = pages.request() {
            let reply = self.send(Operation::ListTasks, request).await?;
            pages.was_read(&reply).map_err(|fault| reply.error(fault))?;
        }
        Ok(pages.open())
    }

    /// Makes `change` of the incident that `fresh` shows, if it is still that version, and answers what it is now.
    ///
    /// One request, which is sent again only where it cannot have arrived. Everything outside `change` stays as `fresh` has it.
    ///
    /// # Errors
    /// Whether it was written for certain, perhaps or not at all, and why; see [`WriteError`].
    pub async fn put_incident(
        &self,
        fresh: &FreshIncident,
        change: &IncidentChange,
    ) -> Result<FreshIncident, WriteError> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let reply = self.send(Operation::WriteIncident, incidents::write(endpoints, scope, fresh, change)).await?;
        incidents::was_written(&reply, &fresh.id).map_err(|fault| reply.error(fault).into())
    }

    /// Adds `tag` to the incident that `fresh` shows, if it is still that version, and answers what it is now.
    ///
    /// One request, as [`Workspace::put_incident`]; everything else stays as `fresh` has it.
    ///
    /// # Errors
    /// As for [`Workspace::put_incident`].
    pub async fn tag_incident(&self, fresh: &FreshIncident, tag: &str) -> Result<FreshIncident, WriteError> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let reply = self.send(Operation::WriteIncident, incidents::tag(endpoints, scope, fresh, tag)).await?;
        incidents::was_written(&reply, &fresh.id).map_err(|fault| reply.error(fault).into())
    }

    /// Writes a comment on an incident under the name `name`; written again, it is still one comment. The incident has another
    /// version afterwards. At most [`LONGEST_COMMENT`](crate::LONGEST_COMMENT) UTF-16 code units.
    ///
    /// # Errors
    /// Whether it was written for certain, perhaps or not at all, and why; see [`WriteError`].
    pub async fn put_comment(&self, incident: &IncidentId, name: Uuid, message: &str) -> Result<(), WriteError> {
        let Inner { endpoints, scope, .. } = &*self.inner;
        let request = comments::write(endpoints, scope, incident, name, message);
        let reply = self.send(Operation::WriteComment, request).await?;
        comments::was_written(&reply).map_err(|fault| reply.error(fault).into())
    }

    /// Moves the alert at `place`, the place that its own ARM id names.
    ///
    /// One request, which is sent again only where it cannot have arrived. The service's success says little: read the alert
    /// afterwards. Source: Azure/azure-cli issue 20487, where the form with a resource group succeeds and changes nothing.
    ///
    /// # Errors
    /// Whether it was moved for certain, perhaps or not at all, and why; see [`WriteError`].
    pub async fn act_on_alert(&self, place: &AlertPlace, act: AlertAct) -> Result<(), WriteError> {
        let request = alerts::act(&self.inner.endpoints, place, act);
        let reply = self.send(alerts::operation(act), request).await?;
        reply.accepted().map_err(|fault| reply.error(fault).into())
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.inner.endpoints
    }

    pub(crate) async fn send(&self, operation: Operation, request: Request) -> Result<Reply, Error> {
        self.inner.exchange.send(operation, request, self.run).await
    }
}
