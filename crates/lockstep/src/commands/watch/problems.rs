//! Telling somebody on the web that a watch has a problem.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use lockstep_azure::{Authorities, Network, Webhook};
use lockstep_core::BrakeScope;
use lockstep_engine::{Pass, Stopped};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::commands::workspace;
use crate::problem::Problem;
use crate::render::{self, moment_of};
use crate::settings::Settings;

/// Posts one JSON document when passes keep failing, when a brake trips and when the ledger stops. Each is told once.
pub struct Problems(Option<Posting>);

struct Posting {
    webhook: Webhook,
    network: Arc<Network>,
    /// How many passes have to fail one after another.
    after: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failed: u32,
    /// What brakes are on for that were told of: their numbers grow with what they hold.
    brakes: BTreeSet<BrakeScope>,
    posts: JoinSet<()>,
}

impl Problems {
    /// What the settings ask for.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn of(settings: &Settings) -> Result<Self, Problem> {
        let Some(webhook) = &settings.watch.on_problem else { return Ok(Self(None)) };
        // Whoever is told is not a part of the cloud: beside an authority of its own the system's are trusted.
        let authorities = settings.ca.as_deref().map_or(Authorities::System, Authorities::SystemAnd);
        let network = Network::new(authorities)
            .map_err(|error| Problem::usage("the network cannot be used as the settings say").because(&error))?;
        let (webhook, after) = (webhook.clone(), settings.watch.problem_after);
        Ok(Self(Some(Posting { webhook, network: Arc::new(network), after, state: Mutex::default() })))
    }

    /// Hears of a pass. Must be called within a tokio runtime.
    pub fn passed(&self, settings: &Settings, at: OffsetDateTime, pass: &Result<Pass, Stopped>) {
        let Some(posting) = &self.0 else { return };
        let mut state = posting.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut documents = Vec::new();
        match pass {
            Ok(pass) => {
                state.failed = 0;
                let on: BTreeSet<_> = pass.observation.brakes.iter().map(|brake| brake.scope.clone()).collect();
                for brake in pass.observation.brakes.iter().filter(|brake| !state.brakes.contains(&brake.scope)) {
                    let said = format!("a brake is on for {}: no more than {}", brake.scope, brake.limit);
                    let mut document = document(settings, at, "brake", &said);
                    document["brake"] = brake.number().into();
                    document["held"] = brake.items().count().into();
                    documents.push(document);
                }
                state.brakes = on;
            }
            Err(stopped) => {
                state.failed = state.failed.saturating_add(1);
                let problem = workspace::stopped(stopped);
                let said =
                    problem.causes.iter().fold(problem.message.clone(), |said, cause| format!("{said}: {cause}"));
                if matches!(stopped, Stopped::Ledger(_)) {
                    documents.push(document(settings, at, "ledger", &said));
                } else if state.failed == posting.after {
                    let mut document = document(settings, at, "passes-failed", &said);
                    document["failed"] = state.failed.into();
                    documents.push(document);
                }
            }
        }
        for document in documents {
            posting.post(&mut state.posts, document);
        }
    }

    /// Waits until everything that was to be told has been, or could not be.
    pub async fn told(&self) {
        let Some(posting) = &self.0 else { return };
        let mut posts = std::mem::take(&mut posting.state.lock().unwrap_or_else(PoisonError::into_inner).posts);
        while posts.join_next().await.is_some() {}
    }
}

impl Posting {
    fn post(&self, posts: &mut JoinSet<()>, document: Value) {
        while posts.try_join_next().is_some() {}
        let (webhook, network) = (self.webhook.clone(), Arc::clone(&self.network));
        let json = render::escaped_json(&document);
        posts.spawn(async move {
            if let Err(error) = webhook.post(&*network, json).await {
                tracing::warn!(host = webhook.host(), %error, "a problem could not be posted");
            }
        });
    }
}

fn document(settings: &Settings, at: OffsetDateTime, problem: &str, said: &str) -> Value {
    json!({
        "source": "lockstep",
        "problem": problem,
        "message": said,
        "at": moment_of(at),
        "instance": settings.instance.as_str(),
        "workspace": settings.scope.arm_id(),
    })
}
