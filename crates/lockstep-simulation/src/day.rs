//! One day: what happens next is drawn from its seed, and in the end all come to rest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lockstep_azure::{Auth, Cloud, Endpoints, InProcess, Options, Scope, Secret, Workspace};
use lockstep_core::{IncidentState, Instance, Policy, Time};
use lockstep_engine::{Clock, Engine, Identity, Observer, Outcome, Pass, Stopped, Told};
use lockstep_ledger::{Holder, Ledger, Log, PolicyUsed, verify};
use lockstep_twin::Twin;
use lockstep_twin::world::{FinishedAlert, Portal, Settings, World};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use crate::acts;
use crate::automation::{self, set_rules};
use crate::chance::Chance;
use crate::crash::{Crash, Point};
use crate::judge::Judge;
use crate::memory::Disk;
use crate::policies::policy;
use crate::tally::{Kind, Tally};
use crate::wire::{Mishap, Wire};

/// How long a day is.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// In events.
    pub events: u32,
}

/// What a day came to.
#[derive(Debug)]
pub struct Played {
    /// The promises that were broken.
    pub broken: Vec<String>,
    /// What happened, and how often.
    pub tally: Tally,
    /// What happened, line by line.
    pub trace: Trace,
}

/// Everything that plays in one day. Clones play in the same one.
#[derive(Clone)]
pub struct Stage {
    pub twin: Twin,
    pub chance: Chance,
    pub disk: Disk,
    notes: Arc<Mutex<Notes>>,
}

/// What is written down about a day.
#[derive(Debug, Default)]
pub struct Notes {
    pub judge: Judge,
    pub tally: Tally,
    pub trace: Trace,
    /// Whether requests fail.
    storm: bool,
    /// Whether nobody acts any more.
    calm: bool,
}

impl Notes {
    /// Takes a note. What it says is broken stands in the trace too, where it happened.
    fn take<T>(&mut self, now: OffsetDateTime, note: impl FnOnce(&mut Self, OffsetDateTime) -> T) -> T {
        let before = self.judge.broken.len();
        let taken = note(self, now);
        for broken in self.judge.broken.get(before..).unwrap_or_default() {
            self.trace.line(now, || format!("BROKEN {broken}"));
        }
        taken
    }
}

/// One day while it is played.
pub struct Day {
    stage: Stage,
    policy: Policy,
    engine: Option<Running>,
}

/// An engine and the death that waits for it.
struct Running {
    engine: Engine,
    crash: Crash,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Next {
    Act,
    Time,
    Pass,
    Crash,
    Replica,
    Weather,
}

impl Day {
    /// Plays the day of this seed.
    pub fn play(seed: u64, length: Length, print: bool, query: Option<&str>) -> Played {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime needs nothing of this machine");
        let stage = runtime.block_on(async {
            let stage = Stage::set(seed, print);
            let rules = if stage.chance.percent(30) { set_rules(&stage.twin, &stage.chance).await } else { Vec::new() };
            let (policy, terms) = policy(&stage.chance);
            stage.note(|notes, now| {
                notes.judge.terms = terms;
                notes.judge.rules_answer = !rules.is_empty();
                notes.trace.line(now, || format!("the policy is {policy:?}"));
                for rule in rules {
                    notes.tally.count(Kind::Rule, rule);
                    notes.trace.line(now, || rule.to_owned());
                }
                notes.tally.count(Kind::Policy, &*policy.name);
            });
            let mut day = Self { stage, policy, engine: None };
            day.start().await;
            for _ in 0..length.events {
                day.next().await;
            }
            day.rest().await;
            if let Some(query) = query {
                let answer = automation::query(&day.stage.twin, query).await;
                for row in answer["tables"][0]["rows"].as_array().into_iter().flatten() {
                    day.stage.note(|notes, now| notes.trace.line(now, || row.to_string()));
                }
            }
            day.stage.clone()
        });
        // Tasks of engines that died wait for ever, and end with the runtime.
        drop(runtime);
        let mut notes = stage.notes();
        let Notes { judge, tally, trace, .. } = std::mem::take(&mut *notes);
        Played { broken: judge.broken, tally, trace }
    }

    async fn next(&mut self) {
        let chance = self.stage.chance.clone();
        match chance.weighed(NEXT) {
            Next::Act => acts::anybody_acts(&self.stage),
            Next::Time => tokio::time::sleep(chance.up_to(Duration::from_secs(900))).await,
            Next::Pass => {
                self.pass().await;
            }
            Next::Crash => {
                let point = *chance.pick(Point::ALL).expect("there are points");
                if let Some(running) = &self.engine {
                    running.crash.arm(point, chance.below(8));
                }
                self.pass().await;
            }
            Next::Replica => self.replica().await,
            Next::Weather => self.stage.note(|notes, _| notes.storm = !notes.storm),
        }
        self.stage.look();
    }

    /// A process starts, and takes the ledger.
    async fn start(&mut self) {
        let crash = Crash::default();
        let ledger = Ledger::open(Arc::new(self.stage.disk.log(crash.clone())), &holder("first")).await;
        let ledger = ledger.expect("nobody else has the ledger");
        let workspace = self.stage.workspace(&crash);
        let first = Instance::parse("first").expect("it is a name");
        let engine = Engine {
            observer: Observer::new(workspace, self.policy.clone()),
            ledger,
            identity: Arc::new(Identity::new(first, PolicyUsed::of("seed", ""), || None)),
            clock: Clock::starting_at(Time::from_ticks(0)),
        };
        self.engine = Some(Running { engine, crash });
    }

    /// One pass, in which the engine may die; then another takes its place.
    async fn pass(&mut self) -> Option<Result<Pass, Stopped>> {
        let running = self.engine.as_ref()?;
        let (stop, told) = (CancellationToken::new(), |_: Told<'_>| ());
        let passed = tokio::select! {
            biased;
            () = running.crash.died() => None,
            passed = running.engine.pass(&stop, &told) => Some(passed),
        };
        let Some(passed) = passed else {
            self.stage.note(|notes, now| {
                let point = running.crash.point().map_or("nowhere", Point::name);
                notes.tally.count(Kind::Crash, point);
                notes.trace.line(now, || format!("the engine died {point}"));
            });
            self.engine = None;
            self.stage.disk.free();
            let in_doubt = !self.stage.disk.announced().is_empty();
            self.start().await;
            if in_doubt {
                self.stage.note(|notes, _| notes.tally.count(Kind::Deed, "settled a write after a crash"));
            }
            return None;
        };
        running.crash.disarm();
        self.stage.note(|notes, now| {
            tell(&mut notes.tally, &passed);
            notes.trace.line(now, || match &passed {
                Ok(pass) => format!("a pass: {} written of {}", pass.written(), pass.outcomes.len()),
                Err(stopped) => format!("a pass failed: {stopped}"),
            });
            if let Ok(pass) = &passed {
                for left in &pass.observation.plan.left {
                    notes.trace.line(now, || format!("incident {} is left: {}", left.incident, left.reason));
                }
            }
        });
        Some(passed)
    }

    /// A second process wants the ledger.
    async fn replica(&self) {
        let log = self.stage.disk.log(Crash::default());
        let opened = Ledger::open(Arc::new(log), &holder("second")).await;
        let held = matches!(opened, Err(lockstep_ledger::Error::Held { .. }));
        self.stage.note(|notes, _| {
            if held {
                notes.tally.count(Kind::Deed, "found the ledger held");
            } else {
                notes.judge.broken.push("i08: two processes have one ledger".into());
            }
        });
    }

    /// Nobody acts any more, nothing fails, and what is late arrives.
    async fn rest(&mut self) {
        self.stage.note(|notes, _| (notes.storm, notes.calm) = (false, true));
        self.stage.quiet();
        tokio::time::sleep(LATEST).await;
        let first = self.pass().await;
        self.expect_good(first.as_ref());
        tokio::time::sleep(LATEST).await;
        let second = self.pass().await;
        self.expect_good(second.as_ref());
        let told = self.stage.sum_up();
        let mut faults = Vec::new();
        if let Some(Ok(pass)) = &second {
            if pass.written() > 0 || !pass.outcomes.is_empty() {
                faults.push(format!("i05: a second pass over a world at rest has {} changes", pass.outcomes.len()));
            }
            if pass.observation.seen() != u64::try_from(told).unwrap_or(u64::MAX) {
                faults.push(format!("i17: {} incidents have a verdict, {told} exist", pass.observation.seen()));
            }
        }
        if !self.stage.disk.announced().is_empty() {
            faults.push("i06: a write has no outcome in the end".into());
        }
        let log: Arc<dyn Log> = Arc::new(self.stage.disk.log(Crash::default()));
        if let Err(error) = verify(&log).await {
            faults.push(format!("i16: the ledger does not hold: {error}"));
        }
        self.stage.note(|notes, _| notes.judge.broken.extend(faults));
    }

    fn expect_good(&self, passed: Option<&Result<Pass, Stopped>>) {
        let fault = match passed {
            Some(Ok(_)) => return,
            Some(Err(stopped)) => format!("i12: a pass over a healthy service failed: {stopped}"),
            None => "i06: the engine died although nothing killed it".into(),
        };
        self.stage.note(|notes, _| notes.judge.broken.push(fault));
    }
}

impl Stage {
    fn set(seed: u64, print: bool) -> Self {
        let chance = Chance::of(seed);
        let settings = Settings {
            delay: chance.up_to(Duration::from_secs(600)),
            activity_delay: chance.up_to(Duration::from_secs(600)),
            bidirectional_sync: !chance.percent(20),
            finished_alert: if chance.percent(50) { FinishedAlert::Stays } else { FinishedAlert::Resolved },
            alert_row_on_incident_change: chance.percent(50),
            portal: if chance.percent(20) { Portal::Defender } else { Portal::Azure },
            seed,
            jitter: chance.up_to(Duration::from_secs(120)),
            late_rows: if chance.percent(50) { 0.1 } else { 0.0 },
            lateness: chance.up_to(Duration::from_secs(5400)),
            duplicate_rows: if chance.percent(50) { 0.1 } else { 0.0 },
            ..Settings::default()
        };
        let start = Some(datetime!(2024-06-01 00:00 UTC));
        let twin = Twin::new(lockstep_twin::Options { settings, start, ..Default::default() });
        let notes = Notes { trace: Trace { print, ..Trace::default() }, ..Notes::default() };
        Self { twin, chance, disk: Disk::default(), notes: Arc::new(Mutex::new(notes)) }
    }

    /// Writes something down.
    pub fn note<T>(&self, note: impl FnOnce(&mut Notes, OffsetDateTime) -> T) -> T {
        let now = self.twin.clock().now();
        self.notes().take(now, note)
    }

    /// Writes something down about a world that is being looked at.
    pub fn note_in<T>(&self, world: &World, note: impl FnOnce(&mut Notes, OffsetDateTime) -> T) -> T {
        self.notes().take(world.now(), note)
    }

    /// Lets the judge see where everything stands.
    pub fn look(&self) {
        let world = self.twin.world();
        self.note_in(&world, |notes, _| notes.judge.look(&world));
    }

    /// Lets the judge see what was left undone; answers how many incidents the tables tell of.
    fn sum_up(&self) -> usize {
        let world = self.twin.world();
        self.note_in(&world, |notes, _| {
            notes.judge.rest(&world);
            notes.judge.told(&world)
        })
    }

    /// Whether somebody acts before the next request arrives.
    pub fn is_interrupted(&self, is_write: bool) -> bool {
        let calm = self.notes().calm;
        !calm && self.chance.percent(if is_write { 15 } else { 3 })
    }

    /// What goes wrong with the next request, if anything does.
    pub fn mishap(&self) -> Option<Mishap> {
        let storm = self.notes().storm;
        (storm && self.chance.percent(12)).then(|| *self.chance.pick(Mishap::ALL).expect("there are mishaps"))
    }

    /// From now on every row comes on time.
    fn quiet(&self) {
        self.twin.with(|world| {
            let settings = Settings { late_rows: 0.0, duplicate_rows: 0.0, ..world.settings().clone() };
            world.set_settings(settings);
        });
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn workspace(&self, crash: &Crash) -> Workspace {
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
        let client = Arc::new(InProcess(Wire::new(self, crash)));
        let scope = scope.expect("the twin's own names are names");
        Workspace::new(Endpoints::of(Cloud::Public), scope, auth, client, Options::default())
            .expect("a client secret needs nothing of this machine")
    }
}

/// What happened, line by line.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    lines: Vec<String>,
    print: bool,
}

impl Trace {
    /// Adds a line.
    #[expect(clippy::print_stdout, reason = "a trace is printed where it is asked for")]
    pub fn line(&mut self, now: OffsetDateTime, what: impl FnOnce() -> String) {
        let line = format!("{:02}:{:02}:{:02} {}", now.hour(), now.minute(), now.second(), what());
        if self.print {
            println!("{line}");
        }
        self.lines.push(line);
    }

    /// The first line in which two traces differ, from 1, as both have it.
    pub fn first_difference(&self, other: &Self) -> Option<String> {
        let longest = self.lines.len().max(other.lines.len());
        let at = (0..longest).find(|at| self.lines.get(*at) != other.lines.get(*at))?;
        Some(format!("{}: {:?} and {:?}", at + 1, self.lines.get(at), other.lines.get(at)))
    }
}

fn tell(tally: &mut Tally, passed: &Result<Pass, Stopped>) {
    let Ok(pass) = passed else {
        return tally.count(Kind::Deed, "pass that failed");
    };
    tally.count(Kind::Deed, "pass");
    for left in &pass.observation.plan.left {
        tally.count(Kind::Reason, left.reason.word());
    }
    for outcome in &pass.outcomes {
        let deed = match outcome {
            Outcome::Written { now: IncidentState::Closed(_), .. } => "closed an incident",
            Outcome::Written { now: IncidentState::Active, .. } => "made an incident Active",
            Outcome::Written { .. } => "made an incident New",
            Outcome::Stale { .. } => "found a change of a plan stale",
            Outcome::Made { .. } => "found a change made already",
            Outcome::Left { .. } => "left a change that was not due any more",
            Outcome::Refused { .. } => "was refused a write",
            Outcome::InDoubt { .. } => "left a write in doubt",
            Outcome::NotTried { .. } => "did not try a change",
        };
        tally.count(Kind::Deed, deed);
    }
}

fn holder(instance: &str) -> Holder {
    Holder { instance: instance.into(), since: Time::from_ticks(0) }
}

const NEXT: &[(usize, Next)] =
    &[(50, Next::Act), (18, Next::Time), (18, Next::Pass), (6, Next::Crash), (2, Next::Replica), (4, Next::Weather)];

/// Longer than any row is late.
const LATEST: Duration = Duration::from_secs(3 * 3600);
