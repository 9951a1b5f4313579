//! What was deployed: resource groups, identities, connections, workflows, jobs, and the deployments themselves.
//!
//! The [world](crate::world) is what Defender for Cloud and Sentinel know; this is what Resource Manager keeps beside it. A
//! deployment puts each resource as its caller would have put it himself ([`carry`]); workflows run when they are due ([`play`]).

mod carry;
mod cloud;
mod connector;
mod identity;
mod play;
mod what_if;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

pub(crate) use carry::{Order, deploy, planned};
pub(crate) use cloud::environment;
pub(crate) use identity::{Principal, give_identities, new_principal};
pub(crate) use play::start;
pub(crate) use what_if::what_if;

use arm::workflow::{Recurrence, Run, TriggerKind, Workflow};

use crate::world::is_within;

/// Everything that was deployed, by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Deployed {
    resources: BTreeMap<Key, Resource>,
    schedules: BTreeMap<Key, Schedule>,
}

/// An id in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Key(String);

impl Key {
    fn of(id: &str) -> Self {
        Self(id.trim_end_matches('/').to_ascii_lowercase())
    }
}

/// A resource as ARM keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Resource {
    /// Its id, as it was first written.
    pub(crate) id: String,
    /// Its type.
    pub(crate) kind: String,
    /// What a reader sees: `id`, `name`, `type`, `location`, `properties`, ...
    pub(crate) body: Map<String, Value>,
}

/// When a workflow ran and will run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Schedule {
    #[serde(with = "crate::clock::wire::option")]
    enabled: Option<OffsetDateTime>,
    #[serde(with = "crate::clock::wire::option")]
    last: Option<OffsetDateTime>,
    /// Not among what is kept of a twin.
    #[serde(skip)]
    runs: Vec<PastRun>,
}

/// A run of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PastRun {
    /// Its name: digits and capitals, the newer the greater.
    pub(crate) name: String,
    /// The trigger that started it.
    pub(crate) trigger: String,
    pub(crate) start: OffsetDateTime,
    pub(crate) end: OffsetDateTime,
    pub(crate) run: Run,
}

/// A workflow that is due.
pub(crate) struct Due {
    pub(crate) id: String,
    pub(crate) trigger: String,
}

impl Deployed {
    /// A resource by its id, in any case.
    pub(crate) fn get(&self, id: &str) -> Option<&Resource> {
        self.resources.get(&Key::of(id))
    }

    /// The resources of a type at and below a scope, by id.
    pub(crate) fn within<'a>(&'a self, scope: &'a str, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        let here = move |resource: &&Resource| {
            is_within(&resource.id, scope) && (kind.is_empty() || resource.kind.eq_ignore_ascii_case(kind))
        };
        self.resources.values().filter(here)
    }

    /// Writes a resource whole; answers whether it is new.
    pub(crate) fn put(&mut self, resource: Resource, now: OffsetDateTime) -> bool {
        let key = Key::of(&resource.id);
        if resource.kind.eq_ignore_ascii_case(WORKFLOWS) {
            let schedule = self.schedules.entry(key.clone()).or_default();
            match (is_enabled(&resource.body), schedule.enabled) {
                (true, None) => {
                    *schedule = Schedule { enabled: Some(now), last: None, runs: std::mem::take(&mut schedule.runs) }
                }
                (false, Some(_)) => schedule.enabled = None,
                _ => {}
            }
        }
        self.resources.insert(key, resource).is_none()
    }

    /// Deletes a resource with all that is in it, and the runs of workflows; answers whether there was one.
    pub(crate) fn delete(&mut self, id: &str) -> bool {
        let key = Key::of(id);
        self.schedules.retain(|other, _| !is_within(&other.0, &key.0));
        let found = self.resources.contains_key(&key);
        self.resources.retain(|other, _| !is_within(&other.0, &key.0));
        found
    }

    /// Whether a resource group of that name was deployed.
    pub(crate) fn knows_group(&self, subscription_id: &str, name: &str) -> bool {
        let id = format!("/subscriptions/{subscription_id}/resourceGroups/{name}");
        self.get(&id).is_some_and(|found| found.kind == GROUPS)
    }

    /// The names of the resource groups that were deployed to a subscription.
    pub(crate) fn groups(&self, subscription_id: &str) -> Vec<String> {
        let scope = format!("/subscriptions/{subscription_id}");
        self.within(&scope, GROUPS).filter_map(|group| Some(group.body.get("name")?.as_str()?.to_owned())).collect()
    }

    /// The enabled workflows whose recurrence is due, the longest due first.
    pub(crate) fn due(&self, now: OffsetDateTime) -> Vec<Due> {
        let mut due: Vec<(OffsetDateTime, Due)> = Vec::new();
        for (key, schedule) in &self.schedules {
            let (Some(enabled), Some(resource)) = (schedule.enabled, self.resources.get(key)) else { continue };
            for (trigger, recurrence) in recurrences(&resource.body) {
                if let Some(next) = recurrence.next(enabled, schedule.last).filter(|next| *next <= now) {
                    due.push((next, Due { id: resource.id.clone(), trigger }));
                }
            }
        }
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, due)| due).collect()
    }

    /// Remembers that a recurrence has started a run.
    fn started(&mut self, id: &str, now: OffsetDateTime) {
        self.schedules.entry(Key::of(id)).or_default().last = Some(now);
    }

    /// Keeps what became of a run.
    fn keep(&mut self, id: &str, run: PastRun) {
        self.schedules.entry(Key::of(id)).or_default().runs.push(run);
    }

    /// The runs of a workflow, newest first.
    pub(crate) fn runs(&self, id: &str) -> impl Iterator<Item = &PastRun> {
        self.schedules.get(&Key::of(id)).into_iter().flat_map(|schedule| schedule.runs.iter().rev())
    }
}

/// The workflow that a resource's properties define.
///
/// # Errors
/// What is wrong with the definition, or is not run by this twin.
pub(crate) fn workflow(body: &Map<String, Value>) -> Result<Workflow, arm::Error> {
    let properties = body.get("properties").unwrap_or(&Value::Null);
    let part = |name: &str| properties.get(name).unwrap_or(&Value::Null);
    Workflow::new(part("definition"), part("parameters"))
}

fn recurrences(body: &Map<String, Value>) -> Vec<(String, Recurrence)> {
    let Ok(workflow) = workflow(body) else { return Vec::new() };
    let recurrence = |trigger: &arm::workflow::Trigger| match trigger.kind {
        TriggerKind::Recurrence(recurrence) => Some((trigger.name.clone(), recurrence)),
        TriggerKind::Request | TriggerKind::Other(_) => None,
    };
    workflow.triggers().iter().filter_map(recurrence).collect()
}

fn is_enabled(body: &Map<String, Value>) -> bool {
    let state = body.get("properties").and_then(|properties| properties["state"].as_str());
    state.is_none_or(|state| state.eq_ignore_ascii_case("Enabled"))
}

pub(crate) const WORKFLOWS: &str = "Microsoft.Logic/workflows";
pub(crate) const IDENTITIES: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";
pub(crate) const CONNECTIONS: &str = "Microsoft.Web/connections";
pub(crate) const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
pub(crate) const GROUPS: &str = "Microsoft.Resources/resourceGroups";
