//! The twin itself: one world, one clock, one set of secrets, and the router that serves them.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use time::OffsetDateTime;

use crate::api::{self, Wire};
use crate::clock::{Clock, Pace, machine_time};
use crate::deploy::Deployed;
use crate::estate::{Estate, Secrets};
use crate::faults::Faults;
use crate::keeping::Journal;
use crate::loading::{self, LoadError, Loaded};
use crate::stats::{Counters, Stats};
use crate::throttle::Throttles;
use crate::world::{Settings, World};

/// What a twin starts from. The default is an empty world that runs with real time.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names and ids of what exists.
    pub estate: Estate,
    /// The switches of the world.
    pub settings: Settings,
    /// Where the world's clock starts; where the machine's clock stands if nothing is said.
    pub start: Option<OffsetDateTime>,
    /// How the world's clock moves by itself.
    pub pace: Pace,
}

/// A stand-in for the cloud. Clones are the same twin.
#[derive(Clone, Debug)]
pub struct Twin(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    estate: Arc<Estate>,
    secrets: Secrets,
    application_key: Mutex<Option<String>>,
    clock: Clock,
    world: Mutex<World>,
    deployed: Mutex<Deployed>,
    counters: Counters,
    faults: Faults,
    throttles: Throttles,
    /// Whether the world's clock follows the machine's.
    follows_machine: bool,
    journal: Journal,
}

impl Twin {
    /// A new twin; its secrets are random at every start.
    pub fn new(options: Options) -> Self {
        let twin = Self::empty(options);
        twin.give_start_rights();
        twin
    }

    /// A new twin in which nobody has any right.
    pub(crate) fn empty(options: Options) -> Self {
        let estate = Arc::new(options.estate);
        let follows_machine = options.start.is_none();
        let clock = Clock::new(options.start.unwrap_or_else(machine_time), options.pace);
        let world = World::new(Arc::clone(&estate), options.settings, clock.clone());
        Self(Arc::new(Inner {
            estate,
            secrets: Secrets::random(),
            application_key: Mutex::default(),
            clock,
            world: Mutex::new(world),
            deployed: Mutex::default(),
            counters: Counters::default(),
            faults: Faults::default(),
            throttles: Throttles::default(),
            follows_machine,
            journal: Journal::default(),
        }))
    }

    /// Makes the application and the managed identity owners of every subscription of their tenants.
    fn give_start_rights(&self) {
        let (estate, mut world) = (self.estate(), self.world());
        let delay = world.settings().rights_delay;
        for subscription in estate.subscriptions() {
            let tenant = subscription.tenant_id.as_deref().unwrap_or(&estate.tenant_id);
            let scope = format!("/subscriptions/{}", subscription.id);
            world.assign_role(&estate.principal(tenant), "Owner", &scope, delay);
            if tenant.eq_ignore_ascii_case(&estate.tenant_id) {
                world.assign_role(&estate.identity_object_id, "Owner", &scope, delay);
            }
        }
    }

    /// The whole surface, to be called in process.
    ///
    /// It takes https URLs of any host: sign-in, ARM, Log Analytics and the instance metadata address are told apart by
    /// their paths, and the links it answers carry the `Host` it was called by. Tokens, dates and waits follow the
    /// world's clock.
    pub fn router(&self) -> Router {
        api::router(self.clone(), Wire::InProcess)
    }

    /// The state of the cloud, for people's acts and for looking at it.
    ///
    /// Nothing is served while the guard is held, so drop it before the next request.
    pub fn world(&self) -> MutexGuard<'_, World> {
        // Every act leaves the world whole before it can panic, so a poisoned lock guards nothing broken.
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something in the world and answers what it answers.
    pub fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.world())
    }

    /// The time in the world.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Names and ids of what exists.
    pub fn estate(&self) -> &Estate {
        &self.0.estate
    }

    /// What is needed to sign in.
    pub fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    /// Registers the public key (PEM) of the application's certificate: from then on its assertions have to be signed with it.
    pub fn register_key(&self, public_key: impl Into<String>) {
        *self.0.application_key.lock().unwrap_or_else(PoisonError::into_inner) = Some(public_key.into());
    }

    pub(crate) fn application_key(&self) -> Option<String> {
        self.0.application_key.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What fails, and when.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// How often a caller may ask.
    pub fn throttles(&self) -> &Throttles {
        &self.0.throttles
    }

    /// What was asked so far, and what is left to do.
    pub fn stats(&self) -> Stats {
        let to_do = self.world().to_do();
        self.0.counters.read(to_do)
    }

    /// Fills the world from a folder that holds `SecurityIncident.jsonl` and `SecurityAlert.jsonl`, or `si.jsonl` and
    /// `sa.jsonl`: one row a line, columns as in Log Analytics, missing ones defaulted. Alerts and incidents in ARM
    /// follow from the newest rows. Either file may be missing, not both.
    ///
    /// # Errors
    /// [`LoadError`] names the file and the line. What was loaded before the error stays.
    pub fn load(&self, dir: &Path) -> Result<Loaded, LoadError> {
        let loaded = loading::load(&mut self.world(), dir);
        self.journal().outdate();
        loaded
    }

    /// What was deployed. Not to be held while the world is.
    pub(crate) fn deployed(&self) -> MutexGuard<'_, Deployed> {
        self.0.deployed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn follows_machine(&self) -> bool {
        self.0.follows_machine
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.0.journal
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }
}
