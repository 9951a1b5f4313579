//! Passes on a timer, in virtual time.

use std::sync::Mutex;
use std::time::Duration;

use http::Method;
use lockstep_core::{Directions, Effect, Item, Knobs, Policy, Preset};
use lockstep_engine::{Answer, Interval, Pass, Stopped, Wanted, Watcher};
use lockstep_ledger::{Approval, Approved, Hash, PolicyUsed, leave_approval};
use lockstep_twin::world::AlertStatus;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::tenant::Tenant;
use crate::wire::Disturbance::Answer as Reply;

const EVERY: Interval = Interval { every: Duration::from_secs(30) };

/// Hears when each pass ended and whether it came to its end, and what became of policies that were wanted.
struct Ears {
    began: Instant,
    passes: Mutex<Vec<(Duration, bool)>>,
    wanted: Mutex<Option<Wanted>>,
    answers: Mutex<Vec<String>>,
    waits: Mutex<Vec<Item>>,
}

impl Ears {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            passes: Mutex::default(),
            wanted: Mutex::default(),
            answers: Mutex::default(),
            waits: Mutex::default(),
        }
    }

    fn want(&self, policy: Policy) {
        let used = PolicyUsed { name: policy.name.to_string(), hash: Hash::of(policy.name.as_bytes()) };
        *self.wanted.lock().unwrap() = Some(Wanted { policy, used });
    }

    fn answers(&self) -> Vec<String> {
        self.answers.lock().unwrap().clone()
    }
}

impl Watcher for Ears {
    fn wanted(&self) -> Option<Wanted> {
        self.wanted.lock().unwrap().take()
    }

    fn policy(&self, wanted: &Wanted, answer: &Answer) {
        let said = match answer {
            Answer::Holds => "holds".to_owned(),
            Answer::Waits(items) => {
                *self.waits.lock().unwrap() = items.iter().cloned().collect();
                format!("waits for {}", items.len())
            }
        };
        self.answers.lock().unwrap().push(format!("{} {said}", wanted.policy.name));
    }

    fn passed(&self, pass: &Result<Pass, Stopped>) {
        self.passes.lock().unwrap().push((self.began.elapsed(), pass.is_ok()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_follows_an_alert_within_an_interval_and_ends_when_told() {
    let tenant = Tenant::new();
    let engine = tenant.engine().await;
    let (stop, ears) = (CancellationToken::new(), Ears::new());
    let people = async {
        sleep(Duration::from_secs(100)).await;
        let alert = tenant.raised_as(AlertStatus::Dismissed);
        sleep(EVERY.every * 2).await;
        assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
        sleep(Duration::from_secs(600)).await;
        stop.cancel();
    };
    let (watched, ()) = tokio::join!(engine.watch(EVERY, &stop, &ears), people);
    watched.unwrap();
    let passes = ears.passes.into_inner().unwrap();
    assert!((22..=26).contains(&passes.len()), "{passes:?}");
    for pair in passes.windows(2) {
        let gap = pair[1].0 - pair[0].0;
        assert!(gap >= EVERY.every - Duration::from_secs(1) && gap <= EVERY.every + Duration::from_secs(4), "{gap:?}");
    }
}

#[tokio::test(start_paused = true)]
pub async fn i12_a_watch_survives_an_outage() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let body = r#"{"error":{"code":"BadArgumentError","message":"no"}}"#;
    tenant.wire.disturb(Method::POST, "/query", (0..3).map(|_| Reply(400, &[], body)).collect());
    let engine = tenant.engine().await;
    let (stop, ears) = (CancellationToken::new(), Ears::new());
    let people = async {
        sleep(EVERY.every * 4).await;
        stop.cancel();
    };
    let (watched, ()) = tokio::join!(engine.watch(EVERY, &stop, &ears), people);
    watched.unwrap();
    let ended: Vec<_> = ears.passes.into_inner().unwrap().into_iter().map(|(_, ended)| ended).collect();
    assert_eq!(ended, [false, false, false, true]);
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
}

/// A policy like the preset `seed`, but for this.
fn seed_but(name: &str, change: impl FnOnce(&mut Knobs)) -> Policy {
    let mut knobs = Preset::Seed.knobs();
    change(&mut knobs);
    Policy::new(name, knobs)
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_lowers_nothing_newly_holds_from_the_next_pass_on() {
    let tenant = Tenant::new();
    let engine = tenant.engine().await;
    let (stop, ears) = (CancellationToken::new(), Ears::new());
    let people = async {
        sleep(EVERY.every).await;
        // A stricter one holds at once, before the pass that would have closed.
        ears.want(seed_but("strict", |knobs| knobs.directions = Directions { inward: false, outward: false }));
        let alert = tenant.raised_as(AlertStatus::Dismissed);
        sleep(EVERY.every * 3).await;
        assert_eq!(tenant.incident(&alert), "New");
        // The same again is no change.
        ears.want(seed_but("strict", |knobs| knobs.directions = Directions { inward: false, outward: false }));
        sleep(EVERY.every * 2).await;
        stop.cancel();
    };
    let (watched, ()) = tokio::join!(engine.watch(EVERY, &stop, &ears), people);
    watched.unwrap();
    assert_eq!(ears.answers(), ["strict holds"]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_would_newly_lower_waits_until_exactly_that_is_approved() {
    let tenant = Tenant::new();
    let cautious = seed_but("cautious", |knobs| knobs.inward.dismissed = Effect::Leave);
    let engine = tenant.engine_under(cautious).await;
    let (stop, ears) = (CancellationToken::new(), Ears::new());
    let people = async {
        let alerts = [tenant.raised_as(AlertStatus::Dismissed), tenant.raised_as(AlertStatus::Dismissed)];
        sleep(EVERY.every).await;
        ears.want(Preset::Seed.policy());
        sleep(EVERY.every * 3).await;
        // It is told once, and the policy that holds goes on.
        assert_eq!(ears.answers(), ["seed waits for 2"]);
        let resolved = tenant.raised_as(AlertStatus::Resolved);
        sleep(EVERY.every * 2).await;
        assert_eq!(tenant.incident(&resolved), "Closed TruePositive");
        assert_eq!(alerts.each_ref().map(|alert| tenant.incident(alert)), ["New", "New"]);
        // A third makes it more than was approved.
        let items = ears.waits.lock().unwrap().clone();
        let third = tenant.raised_as(AlertStatus::Dismissed);
        approve(&tenant, items).await;
        sleep(EVERY.every * 2).await;
        assert_eq!(ears.answers()[1..], ["seed waits for 1"]);
        assert_eq!(tenant.incident(&third), "New");
        let items = ears.waits.lock().unwrap().clone();
        approve(&tenant, items).await;
        sleep(EVERY.every * 2).await;
        assert_eq!(ears.answers()[2..], ["seed holds"]);
        let all = [&alerts[0], &alerts[1], &third].map(|alert| tenant.incident(alert));
        assert_eq!(all, ["Closed BenignPositive"; 3]);
        stop.cancel();
    };
    let (watched, ()) = tokio::join!(engine.watch(EVERY, &stop, &ears), people);
    watched.unwrap();
}

async fn approve(tenant: &Tenant, items: Vec<Item>) {
    let of = Approval::Plan { hash: Hash::of(b"shown") };
    leave_approval(&*tenant.log(), Approved { by: "Ana".into(), of, items }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_waits_may_be_taken_back() {
    let tenant = Tenant::new();
    let cautious = || seed_but("cautious", |knobs| knobs.inward.dismissed = Effect::Leave);
    let engine = tenant.engine_under(cautious()).await;
    let (stop, ears) = (CancellationToken::new(), Ears::new());
    let people = async {
        let alert = tenant.raised_as(AlertStatus::Dismissed);
        ears.want(Preset::Seed.policy());
        sleep(EVERY.every * 2).await;
        ears.want(cautious());
        sleep(EVERY.every * 2).await;
        assert_eq!(ears.answers(), ["seed waits for 1"]);
        assert_eq!(tenant.incident(&alert), "New");
        stop.cancel();
    };
    let (watched, ()) = tokio::join!(engine.watch(EVERY, &stop, &ears), people);
    watched.unwrap();
}

#[test]
fn jitter_adds_up_to_a_tenth() {
    for roll in [0, 1, 2_999, 3_000, u64::MAX] {
        let wait = EVERY.with_jitter(roll);
        assert!(wait >= EVERY.every && wait <= EVERY.every + Duration::from_secs(3), "{wait:?}");
    }
    assert_eq!(Interval { every: Duration::ZERO }.with_jitter(7), Duration::ZERO);
}
