//! A tenant to test in: a twin, a ledger on a real disk, and an engine between them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lockstep_azure::{Auth, Cloud, Endpoints, InProcess, Options, Scope, Secret, Workspace};
use lockstep_core::{IncidentState, Instance, Policy, Preset, Time};
use lockstep_engine::{Clock, Engine, Identity, Observer, Outcome, Pass, Stopped};
use lockstep_ledger::{Entries, Event, Filter, Holder, Ledger, PolicyUsed, Sqlite};
use lockstep_twin::world::{
    Actor, AlertRef, AlertStatus, Classification, Closing, NewAlert, Portal, Reason, Settings, World,
};
use lockstep_twin::{Twin, world};
use tempfile::TempDir;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use crate::portals::portal;
use crate::wire::Wire;

pub struct Tenant {
    pub twin: Twin,
    pub wire: Wire,
    dir: TempDir,
}

impl Tenant {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let start = Some(datetime!(2024-06-01 00:00 UTC));
        let settings = match portal() {
            Portal::Azure => settings,
            Portal::Defender => Settings { portal: Portal::Defender, batching: Duration::ZERO, ..settings },
        };
        let twin = Twin::new(lockstep_twin::Options { settings, start, ..Default::default() });
        let wire = Wire::to(twin.router());
        Self { twin, wire, dir: TempDir::new().unwrap() }
    }

    pub fn workspace(&self) -> Workspace {
        let estate = self.twin.estate();
        let scope = Scope::new(
            &estate.tenant_id,
            &estate.subscription_id,
            &estate.resource_group,
            &estate.workspace_name,
            &estate.workspace_id,
        );
        let auth = Auth::ClientSecret {
            client_id: estate.client_id.clone(),
            secret: Secret::from(self.twin.secrets().client_secret.expose().to_owned()),
        };
        let client = Arc::new(InProcess(self.wire.clone()));
        Workspace::new(Endpoints::of(Cloud::Public), scope.unwrap(), auth, client, Options::default()).unwrap()
    }

    /// Where the ledgers lie.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub fn log(&self) -> Arc<Sqlite> {
        Arc::new(Sqlite::new(self.dir.path().join("ledger.db")))
    }

    /// The ledger of another name.
    pub async fn open_ledger_at(&self, name: &str) -> Result<Ledger, lockstep_ledger::Error> {
        let log = Arc::new(Sqlite::new(self.dir.path().join(name)));
        Ledger::open(log, &Holder { instance: "test".into(), since: Time::from_ticks(0) }).await
    }

    pub async fn open_ledger(&self) -> Result<Ledger, lockstep_ledger::Error> {
        Ledger::open(self.log(), &Holder { instance: "test".into(), since: Time::from_ticks(0) }).await
    }

    /// An engine under the preset `seed`. It holds the ledger as long as it lives.
    pub async fn engine(&self) -> Engine {
        self.engine_under(Preset::Seed.policy()).await
    }

    pub async fn engine_under(&self, policy: Policy) -> Engine {
        self.engine_with(policy, self.open_ledger().await.unwrap())
    }

    pub fn engine_with(&self, policy: Policy, ledger: Ledger) -> Engine {
        Engine {
            observer: Observer::new(self.workspace(), policy),
            ledger,
            identity: Arc::new(Identity::new(Instance::parse("test").unwrap(), PolicyUsed::of("seed", ""), || None)),
            clock: Clock::starting_at(Time::from_ticks(0)),
        }
    }

    /// An alert, with its incident.
    pub fn raise(&self) -> AlertRef {
        self.twin.with(|world| world.raise_alert(NewAlert::default()))
    }

    /// An alert that its owner set to `status`.
    pub fn raised_as(&self, status: AlertStatus) -> AlertRef {
        let alert = self.raise();
        self.set(&alert, status);
        alert
    }

    pub fn set(&self, alert: &AlertRef, status: AlertStatus) {
        self.twin.with(|world| world.set_alert_status(&alert.alert_name, status)).unwrap();
    }

    /// What the incident of an alert says, as `New`, `Active` or `Closed <classification>`.
    pub fn incident(&self, alert: &AlertRef) -> String {
        let name = alert.incident_name.as_deref().unwrap();
        match self.twin.world().incident_state(name).unwrap() {
            world::IncidentState::New => "New".into(),
            world::IncidentState::Active => "Active".into(),
            world::IncidentState::Closed(closing) => format!("Closed {}", closing.classification.as_str()),
        }
    }

    /// What Defender for Cloud says of an alert.
    pub fn alert(&self, alert: &AlertRef) -> String {
        self.twin.world().alert_status(&alert.alert_name).unwrap().as_str().into()
    }

    pub fn analyst(&self, alert: &AlertRef, act: impl FnOnce(&mut World, &str, &Actor)) {
        let analyst = Actor::person("analyst@contoso.example");
        self.twin.with(|world| act(world, alert.incident_name.as_deref().unwrap(), &analyst));
    }

    /// The kinds of the ledger's entries, in order, without those that begin and end a run.
    pub async fn entered(&self) -> Vec<&'static str> {
        let entries = Entries::new(self.log(), Filter::default()).all().await.unwrap();
        entries.iter().filter_map(|entry| kind(&entry.event)).collect()
    }
}

fn kind(event: &Event) -> Option<&'static str> {
    match event {
        Event::RunStarted(_) | Event::RunEnded(_) => None,
        Event::Began(_) | Event::BaseMoved(_) | Event::Confirmed(_) => None,
        Event::Restarted(_) => Some("restarted"),
        Event::NoteIntended(_) => Some("note intended"),
        Event::Answered(_) => Some("answered"),
        Event::Braked(_) => Some("braked"),
        Event::Pruned(_) => Some("pruned"),
        Event::Approved(_) => Some("approved"),
        Event::Intended(_) => Some("intended"),
        Event::AlertIntended(_) => Some("alert intended"),
        Event::Done(_) => Some("done"),
        Event::Refused(_) => Some("refused"),
        Event::InDoubt(_) => Some("in doubt"),
        Event::Settled(settled) => Some(if settled.happened { "happened" } else { "did not happen" }),
    }
}

/// One pass that nobody stops.
pub async fn pass(engine: &Engine) -> Result<Pass, Stopped> {
    engine.pass(&CancellationToken::new(), &|_| ()).await
}

/// What became of each change, in a word and, where there is one, its reason.
pub fn outcomes(pass: &Pass) -> Vec<String> {
    words(&pass.outcomes)
}

/// The same of any outcomes.
pub fn words(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(outcome).collect()
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Written { now: IncidentState::Closed(_), .. } => "closed".into(),
        Outcome::Written { now, .. } => format!("set {now}"),
        Outcome::Left { reason, .. } => format!("left: {reason}"),
        Outcome::Stale { moved, .. } => format!("stale: {}", moved.join("; ")),
        Outcome::Made { .. } => "made before".into(),
        Outcome::Refused { .. } => "refused".into(),
        Outcome::InDoubt { .. } => "in doubt".into(),
        Outcome::NotTried { .. } => "not tried".into(),
    }
}

/// Why each incident that was looked at was left alone.
pub fn left(pass: &Pass) -> Vec<String> {
    pass.observation.plan.left.iter().map(|left| left.reason.to_string()).collect()
}

/// How an analyst closes an incident.
pub fn as_false_positive() -> Closing {
    Closing {
        classification: Classification::FalsePositive,
        reason: Some(Reason::InaccurateData),
        comment: Some("a test".into()),
    }
}
