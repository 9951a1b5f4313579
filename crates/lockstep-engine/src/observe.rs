//! Looking: what may be due, fresh reads of it, and the plan that follows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use lockstep_azure::{Marked, Question, Sightings, Tagged, Unreadable, Untouched, Workspace};
use lockstep_core::{
    Agreed, Brake, BrakeLimit, Change, Course, FirstSight, Incident, IncidentId, Item, Plan, Policy, Push, Reason,
    Settles, Sight, Time, Trip, Verdict, Waiting, plan, propose,
};
use lockstep_ledger::{AlertStood, BaseMoved, Confirmed, History, Intent, OpenBrake, Unconfirmed, WhyMoved};
use tokio::time::Instant;

use crate::confirm::{Decided, Eyes, Judged};
use crate::direct::Lists;
use crate::freshness::Freshness;
use crate::notes::{self, Note};
use crate::stopped::Stopped;
use crate::surroundings::{Movers, Surroundings, name_movers};

/// Looks at one workspace with the eyes of one policy.
#[derive(Clone, Debug)]
pub struct Observer {
    /// The workspace.
    pub workspace: Workspace,
    /// The policy.
    pub policy: Policy,
    pub(crate) surroundings: Surroundings,
    looked: Arc<Mutex<Looked>>,
}

/// When this process looked at the tables.
#[derive(Clone, Copy, Debug, Default)]
struct Looked {
    /// Last, by the service's clock.
    last: Option<Time>,
    /// Last over the whole lookback, by this process's clock.
    whole: Option<Instant>,
}

/// What was seen, and what follows from it.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What will be done, and which of the incidents that were looked at are left alone.
    pub plan: Plan,
    /// The changes that the brake holds; the plan leaves them alone.
    pub waiting: Vec<Waiting>,
    /// The brakes that are on.
    pub brakes: Vec<OpenBrake>,
    /// What would be done if a person approved of it, each a change of an incident or of its alerts. The plan leaves these
    /// incidents alone.
    pub awaiting: Vec<Verdict>,
    /// Writes that happened so long ago that another look should have shown them, and none has.
    pub unconfirmed: Vec<Unconfirmed>,
    /// How many further incidents the tables show to need nothing, by why.
    pub untouched: BTreeMap<Untouched, u64>,
    /// Incidents whose row in the tables cannot be read. Nothing is known about them.
    pub unreadable: Vec<Unreadable>,
    /// What is asked for by tags on incidents.
    pub(crate) tags: Vec<Tagged>,
    /// What is to be told to whoever works on held incidents.
    pub(crate) notes: Vec<Note>,
    /// The installations that have written here, by the marks in the tables.
    pub marks: Vec<Marked>,
    /// When the tables answered, by the service's clock.
    pub asked: Time,
    /// When the newest row of `SecurityIncident` came in; `None` where there is none.
    pub incidents_ingested: Option<Time>,
    /// When the newest row of `SecurityAlert` came in; `None` where there is none.
    pub alerts_ingested: Option<Time>,
    /// What it proves that nothing else was found.
    pub freshness: Freshness,
    /// The reads behind each change, in the plan's order.
    pub(crate) due: Vec<Judged<Change>>,
    /// The reads behind each change of alerts, in the plan's order.
    pub(crate) pushes: Vec<Judged<Push>>,
    /// Incidents that are taken to agree with their alerts as they stand.
    pub(crate) settled: Vec<BaseMoved>,
    /// Writes that the tables show to stand.
    pub(crate) confirmed: Vec<Confirmed>,
}

impl Observation {
    /// How many incidents were seen, judged or counted.
    pub fn seen(&self) -> u64 {
        let Plan { changes, pushes, left } = &self.plan;
        let judged = changes.len() + pushes.len() + left.len() + self.unreadable.len();
        self.untouched.values().sum::<u64>() + u64::try_from(judged).unwrap_or(u64::MAX)
    }

    /// What a person could say yes to about an incident that is held; `None` where nothing waits for that.
    pub(crate) fn waits(&self, incident: &IncidentId) -> Option<Item> {
        let awaiting = self.awaiting.iter().filter_map(Verdict::item);
        let braked = self.waiting.iter().map(|wait| wait.item.clone());
        let held = self.brakes.iter().flat_map(OpenBrake::items).cloned();
        awaiting.chain(braked).chain(held).find(|item| item.incident == *incident)
    }

    /// Whether something about an incident could not be seen.
    pub fn is_incomplete(&self) -> bool {
        self.freshness.is_behind()
            || !self.unreadable.is_empty()
            || self.plan.left.iter().any(|left| left.reason.is_unknown())
    }
}

impl Observer {
    /// What looks at `workspace` with the eyes of `policy`.
    pub fn new(workspace: Workspace, policy: Policy) -> Self {
        Self { workspace, policy, surroundings: Surroundings::default(), looked: Arc::default() }
    }

    /// Looks, decides and plans; `history` knows what both sides last agreed on.
    ///
    /// One query (which also asks for what came in since this observer last looked), and for each incident that may be due one
    /// read of it, one of each of its alerts and, where it would be closed, one list of its tasks. Where the policy looks
    /// directly, the lists of both services beside it, whose incidents need no read of their own for a while. An incident that
    /// cannot be read is left alone, and the plan says so; the others go on.
    ///
    /// # Errors
    /// [`Stopped::Input`] and [`Stopped::Rights`] where the query or the list of incidents gives no whole answer.
    pub async fn observe(&self, history: &History) -> Result<Observation, Stopped> {
        let began = Instant::now();
        let looked = *self.looked();
        let is_whole = looked.whole.is_none_or(|whole| whole.elapsed() >= WHOLE_EVERY);
        let question = Question {
            lookback: if is_whole { Question::FULL_LOOKBACK } else { Question::LOOKBACK },
            open: self.policy.sight == Sight::Direct,
            first_look: self.adopts(history),
            marks_since: history.restarted(),
            since: looked.last.or_else(|| oldest(history)).map(|last| Time::from_ticks(last.ticks() - OVERLAP)),
            ..Question::new(&self.policy)
        };
        let (mut sightings, mut lists) = self.sighted(&question).await.map_err(Stopped::at_input)?;
        *self.looked() =
            Looked { last: Some(sightings.asked), whole: if is_whole { Some(began) } else { looked.whole } };
        let confirmed = sightings.due.iter().flat_map(|seen| confirmed(seen, history)).collect();
        let late = late(history, self.policy.unconfirmed_after, sightings.asked);
        let looked_before: Vec<_> = late.iter().map(|write| (write.clone(), looked_at(history, write))).collect();
        let freshness = Freshness::of(&sightings, self.policy.sight, &looked_before);
        if let Some(lists) = &mut lists {
            lists.read_alerts(&self.workspace, &sightings.due).await;
            lists.lay_over(&mut sightings, |seen| self.eyes(history).memory(seen));
        }
        name_movers(&mut sightings, history);
        let counts_people = self.counts_people(history, sightings.due.len());
        let eyes = Eyes { lists: lists.as_ref(), tags: &sightings.tags, counts_people, ..self.eyes(history) };
        let looked = sightings.due.iter().map(|seen| eyes.judge(seen, sightings.asked));
        let looked: Vec<_> = futures::stream::iter(looked).buffered(READS_AT_ONCE).collect().await;

        let (mut changes, mut pushes) = (Reads::new(), Reads::new());
        let (mut settled, mut awaiting, mut held) = (Vec::new(), Vec::new(), BTreeMap::new());
        let announces = self.policy.all_knobs().any(|knobs| knobs.announce_holds);
        let mut untouched = sightings.untouched.clone();
        let verdicts: Vec<_> = looked
            .into_iter()
            .filter_map(|looked| {
                Some(match looked {
                    Decided::Change(judged) => {
                        let due = judged.due.clone();
                        changes.insert(due.incident.clone(), judged);
                        Verdict::Change(due)
                    }
                    Decided::Push(judged) => {
                        let due = judged.due.clone();
                        pushes.insert(due.incident.clone(), judged);
                        Verdict::Push(due)
                    }
                    Decided::Awaits(incident, verdict) => {
                        if announces {
                            held.insert(incident.id.clone(), (incident.clone(), verdict.item()));
                        }
                        awaiting.push(verdict);
                        Verdict::Leave(incident.id, Reason::NeedsApproval)
                    }
                    Decided::Leave(incident, reason) => {
                        if announces && reason.is_announced() {
                            let item =
                                history.brakes().flat_map(OpenBrake::items).find(|it| it.incident == incident.id);
                            let item = item.filter(|_| matches!(reason, Reason::Braked(_))).cloned();
                            held.insert(incident.id.clone(), (incident.clone(), item));
                        }
                        settled.extend(settles(&incident, &reason, history.base(&incident.id)));
                        // Of the incidents that are looked at directly, most need nothing.
                        if let (Some(_), Some(why)) = (&lists, Untouched::of(&reason)) {
                            *untouched.entry(why).or_default() += 1;
                            return None;
                        }
                        Verdict::Leave(incident.id, reason)
                    }
                })
            })
            .collect();
        let plan = plan(verdicts);
        let record = history.brake_record();
        let (plan, waiting) = plan.braked(self.policy.brake, &record, open(&sightings), sightings.asked);
        if announces {
            held.extend(waiting.iter().filter_map(|wait| {
                let judged = changes.get(&wait.item.incident)?;
                let incident = judged.read.confirmed.incident.clone();
                Some((wait.item.incident.clone(), (incident, Some(wait.item.clone()))))
            }));
        }
        let plan = plan.capped(self.policy.ceilings);
        let notes = notes::due(&self.policy, history, &plan.left, &held, sightings.asked);
        let due = plan.changes.iter().filter_map(|change| changes.remove(&change.incident)).collect();
        let pushes = plan.pushes.iter().filter_map(|push| {
            let judged = pushes.remove(&push.incident)?;
            Some(Judged { due: push.clone(), ..judged })
        });
        Ok(Observation {
            due,
            pushes: pushes.collect(),
            settled,
            confirmed,
            unconfirmed: late,
            awaiting,
            plan,
            waiting,
            brakes: history.brakes().cloned().collect(),
            untouched,
            unreadable: sightings.unreadable,
            notes,
            tags: sightings.tags,
            marks: sightings.marks,
            asked: sightings.asked,
            incidents_ingested: sightings.incidents_ingested,
            alerts_ingested: sightings.alerts_ingested,
            freshness,
        })
    }

    pub(crate) fn eyes<'a>(&'a self, history: &'a History) -> Eyes<'a> {
        let Self { workspace, policy, surroundings, .. } = self;
        Eyes {
            workspace,
            policy,
            surroundings,
            history,
            lists: None,
            tags: &[],
            counts_people: self.counts_people(history, 0),
        }
    }

    /// Whether the brake has to know whose acts are followed, where so many incidents may be due.
    fn counts_people(&self, history: &History, due: usize) -> bool {
        let Brake::On(limits) = self.policy.brake else { return false };
        let lowered = u64::try_from(history.lowered() + due).unwrap_or(u64::MAX);
        limits.unnamed().is_some_and(|unnamed| lowered > unnamed)
    }

    /// What the tables say and, where the policy looks directly, the list of incidents.
    async fn sighted(&self, question: &Question) -> Result<(Sightings, Option<Lists>), lockstep_azure::Error> {
        if self.policy.sight == Sight::Tables {
            return Ok((self.workspace.sightings(question).await?, None));
        }
        let began = Instant::now();
        let (mut sightings, open) =
            futures::try_join!(self.workspace.sightings(question), self.workspace.open_incidents())?;
        let (lists, unreadable) = Lists::new(began, open);
        sightings.unreadable.extend(unreadable);
        Ok((sightings, Some(lists)))
    }

    fn looked(&self) -> MutexGuard<'_, Looked> {
        // What it guards is whole at every moment.
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the look that takes what is older than the ledger as it stands.
    fn adopts(&self, history: &History) -> bool {
        let adopts = self.policy.all_knobs().any(|knobs| knobs.first_sight == FirstSight::Adopt);
        history.began().is_none() && adopts && !self.policy.only_observes()
    }
}

impl Eyes<'_> {
    /// Says what becomes of an incident that was seen in the tables; reads it fresh where something may be due.
    async fn judge(&self, seen: &Incident, asked: Time) -> Decided {
        if self.history.open_intents().any(|open| open.intended.concerns(&seen.id)) {
            return Decided::Leave(seen.clone(), Reason::Unread(STILL_IN_DOUBT.into()));
        }
        if let Some(reason) = self.lists.and_then(|lists| lists.unread(seen)) {
            return Decided::Leave(seen.clone(), reason);
        }
        let acted = self.of_others(&seen.id, seen.acted.clone(), None);
        let seen = &Incident { acted, ..seen.clone() };
        let memory = self.memory(seen);
        match propose(seen, self.policy, &memory, Some(asked)) {
            Ok(course) => match self.holds_already(seen, &course) {
                Some(trip) => Decided::Leave(seen.clone(), Reason::Braked(trip)),
                None => self.look(seen, Some(&course)).await,
            },
            // Who moved last, only the activity log tells.
            Err(Reason::MovedApart) if Movers::of(self.policy, seen, None, false) != Movers::None => {
                self.look(seen, None).await
            }
            // The tables may be older than what the ledger knows.
            Err(reason) if memory.base.is_some() && settles(seen, &reason, memory.base).is_some() => {
                self.look(seen, None).await
            }
            Err(reason) => Decided::Leave(seen.clone(), reason),
        }
    }

    /// The brake that holds this very change already, as far as the tables show it: it needs no fresh reads to go on waiting.
    fn holds_already(&self, seen: &Incident, course: &Course) -> Option<Trip> {
        let Course::Inward(target) = course else { return None };
        if self.policy.brake == Brake::Off || !target.lowers() {
            return None;
        }
        let item = seen.item(*target);
        let brake = self.history.brakes().find(|brake| brake.holds(&item))?;
        Some(Trip { scope: brake.scope.clone(), limit: BrakeLimit::On(brake.number()) })
    }
}

type Reads<T> = BTreeMap<IncidentId, Judged<T>>;

/// The base that moves where an incident is left alone for `reason`; `None` where it stays.
fn settles(incident: &Incident, reason: &Reason, base: Option<&Agreed>) -> Option<BaseMoved> {
    let why = match reason.settles(incident)? {
        Settles::FirstSight => WhyMoved::FirstSight,
        Settles::Agreement => WhyMoved::Agreement,
        Settles::Echo => WhyMoved::Echo,
        Settles::NothingFollows => WhyMoved::NothingFollows,
    };
    if base.map_or_else(|| Agreed::birth().is_of(incident), |base| base.is_of(incident)) {
        return None;
    }
    let alerts = incident.alerts.iter().map(|alert| AlertStood { id: alert.id.clone(), state: alert.state.clone() });
    let (id, state) = (incident.id.clone(), incident.state.clone());
    Some(BaseMoved { incident: id, state, alerts: alerts.collect(), why, written: None })
}

/// The writes that a row of the tables shows to stand: rows come from the service's own record of changes, not from the
/// answer to the write.
fn confirmed(seen: &Incident, history: &History) -> Vec<Confirmed> {
    let shows = |unconfirmed: &&Unconfirmed| match &unconfirmed.intended {
        Intent::Incident(intended) => intended.incident == seen.id && intended.after == seen.state,
        // A note is never waited for.
        Intent::Note(_) => false,
        Intent::Alert(intended) => {
            let stands =
                |alert: &lockstep_core::Alert| alert.id == intended.before.id && alert.state == intended.act.leads_to();
            seen.alerts.iter().any(stands)
        }
    };
    let waiting = history.unconfirmed().filter(shows);
    waiting.map(|it| Confirmed { write: it.write, how: "the workspace's tables show it".into() }).collect()
}

/// The writes that nothing has confirmed although the look that they follow is older than `after`.
fn late(history: &History, after: Duration, now: Time) -> Vec<Unconfirmed> {
    let is_late = |it: &&Unconfirmed| looked_at(history, it).is_none_or(|at| now.seconds_since(at) > after.as_secs());
    history.unconfirmed().filter(is_late).cloned().collect()
}

/// When the look was made that the oldest of the writes follows that nothing has confirmed.
fn oldest(history: &History) -> Option<Time> {
    history.unconfirmed().filter_map(|it| looked_at(history, it)).min()
}

/// When the look was made that a write follows, by the service's clock; ours may show any time.
fn looked_at(history: &History, write: &Unconfirmed) -> Option<Time> {
    let run = history.runs().iter().rev().find(|run| run.id() == write.intended.run())?;
    Some(run.started.asked)
}

/// How many incidents of Defender for Cloud alerts are open, as far as the tables show.
pub(crate) fn open(sightings: &Sightings) -> u64 {
    let untouched = sightings.untouched.iter();
    let untouched = untouched.filter(|(why, _)| !matches!(why, Untouched::OtherProduct | Untouched::Closed));
    let due = sightings.due.iter().filter(|incident| !incident.state.is_closed()).count();
    untouched.map(|(_, count)| count).sum::<u64>() + u64::try_from(due).unwrap_or(u64::MAX)
}

/// How many incidents are read at the same time: enough to hide the latency of each, few enough that a burst of them stays
/// far below Resource Manager's bucket of 250 reads.
const READS_AT_ONCE: usize = 16;

/// How often a watch looks as far back as the tables reach.
const WHOLE_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// How far a look reaches behind the one before it, in ticks: rows become visible a while after they came in.
const OVERLAP: i64 = 600 * Time::TICKS_PER_SECOND;

const STILL_IN_DOUBT: &str = "nobody knows yet what became of an earlier write to it";
