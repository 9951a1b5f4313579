//! The promises, and whoever watches that they are kept.
//!
//! The judge sees what people did, the twin's world and each request of the engine; it never asks the engine what it thinks.
//! A promise that was broken is named by its number in ARCHITECTURE.md's list of what always holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lockstep_core::HumanLock;
use lockstep_twin::world::{AlertStatus, Incident, IncidentState, TaskStatus, World};
use serde_json::Value;
use time::OffsetDateTime;

use crate::memory::Disk;

/// What the policy of a day promises beyond what every policy does.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Whether all that is due must be done: nothing is doubted, and lowering has no limit.
    pub follows_all: bool,
    /// Whether alerts may follow their incidents.
    pub outward: bool,
    /// What a newer act of a person keeps from happening.
    pub human_lock: HumanLock,
}

impl Default for Terms {
    fn default() -> Self {
        Self { follows_all: false, outward: false, human_lock: HumanLock::Lowering }
    }
}

/// Watches one day.
#[derive(Debug, Default)]
pub struct Judge {
    /// Since when each alert has stood where it stands, by its name.
    alerts: BTreeMap<String, (AlertStatus, OffsetDateTime)>,
    /// When the owner last moved each alert, and how often.
    owner: BTreeMap<String, (OffsetDateTime, u64)>,
    /// Since when each incident has been closed, where it is.
    closed: BTreeMap<String, OffsetDateTime>,
    /// When each incident that is not closed was seen first.
    opened: BTreeMap<String, OffsetDateTime>,
    /// When a person last changed each incident, and how often.
    person: BTreeMap<String, (OffsetDateTime, u64)>,
    /// How often lockstep wrote each alert.
    pushes: BTreeMap<String, u64>,
    /// How often an alert joined each incident after it was made, and when last.
    joined: BTreeMap<String, (u64, OffsetDateTime)>,
    /// How often lockstep wrote each incident, and when last.
    writes: BTreeMap<String, (u64, OffsetDateTime)>,
    deleted: BTreeSet<String>,
    /// How often people acted on deleted incidents of each alert, by Sentinel's id of it.
    by_gone: BTreeMap<String, u64>,
    /// Whether a rule of Sentinel's changes incidents when they are changed.
    pub rules_answer: bool,
    /// What the day's policy promises.
    pub terms: Terms,
    /// What was broken.
    pub broken: Vec<String>,
}

/// What was so just before a write arrived.
#[derive(Debug)]
pub struct Before {
    incident: Incident,
    fits: bool,
}

impl Judge {
    /// Sees where all alerts stand. To be called whenever something may have moved.
    pub fn look(&mut self, world: &World) {
        let now = world.now();
        for alert in world.alerts() {
            match self.alerts.get_mut(&alert.name) {
                Some((status, _)) if *status == alert.status => {}
                Some(seen) => *seen = (alert.status, now),
                None => {
                    self.alerts.insert(alert.name.clone(), (alert.status, now));
                }
            }
        }
        self.look_at_incidents(world);
    }

    /// Sees which incidents are closed.
    fn look_at_incidents(&mut self, world: &World) {
        let now = world.now();
        for incident in world.incidents() {
            let name = incident.name.to_lowercase();
            let (is, was) = match incident.state {
                IncidentState::Closed(_) => (&mut self.closed, &mut self.opened),
                _ => (&mut self.opened, &mut self.closed),
            };
            was.remove(&name);
            is.entry(name).or_insert(now);
        }
    }

    /// The owner has moved an alert.
    pub fn owner_moved(&mut self, alert: &str, now: OffsetDateTime) {
        let (at, count) = self.owner.entry(alert.to_owned()).or_insert((now, 0));
        *at = now;
        *count += 1;
    }

    /// A person has changed the status, the owner or the comments of an incident.
    pub fn person_acted(&mut self, incident: &str, now: OffsetDateTime) {
        let (at, count) = self.person.entry(incident.to_lowercase()).or_insert((now, 0));
        *at = now;
        *count += 1;
    }

    /// An alert has joined an incident.
    pub fn joined(&mut self, incident: &str, now: OffsetDateTime) {
        let (count, at) = self.joined.entry(incident.to_lowercase()).or_insert((0, now));
        *count += 1;
        *at = now;
    }

    /// An incident was deleted, which held these alerts, by Sentinel's ids. What people did to it may still be followed.
    pub fn deleted(&mut self, incident: &str, alerts: &[String]) {
        let acts = self.person.get(&incident.to_lowercase()).map_or(0, |(_, count)| *count);
        for alert in alerts {
            *self.by_gone.entry(alert.to_lowercase()).or_default() += acts;
        }
        self.deleted.insert(incident.to_lowercase());
    }

    /// A write of lockstep's is about to arrive. `None` where there is no such incident.
    pub fn weigh(&mut self, world: &World, disk: &Disk, name: &str, body: &Value) -> Option<Before> {
        let incident = world.incident(name)?.clone();
        let name = incident.name.to_lowercase();
        let fits = match body["etag"].as_str() {
            None => {
                self.broken(&incident, "i01: a write without a version");
                true
            }
            Some(etag) => etag == incident.etag(),
        };
        if !fits {
            return Some(Before { incident, fits });
        }
        if !disk.announced().contains(&name) {
            self.broken(&incident, "i06: a write that the ledger does not announce");
        }
        if incident.labels.iter().any(|label| label.name.eq_ignore_ascii_case("Redirected")) {
            self.broken(&incident, "i18: a write to a merged incident");
        }
        let before = self.writes.get(&name).copied();
        let writes = before.map_or(0, |(writes, _)| writes) + 1;
        self.writes.insert(name.clone(), (writes, world.now()));
        if writes > self.moves(world, &incident) {
            self.broken(&incident, "i02: more writes than the owner's acts");
        }
        match (&incident.state, body["properties"]["status"] == "Closed") {
            (IncidentState::Closed(_), true) => self.weigh_correction(world, &incident, before.map(|(_, at)| at)),
            (_, true) => self.weigh_closing(world, &incident),
            (_, false) => self.weigh_raising(world, &incident),
        }
        Some(Before { incident, fits })
    }

    /// An act of lockstep's on an alert is about to arrive: `verb` is the last part of its path.
    pub fn weigh_act(&mut self, world: &World, disk: &Disk, name: &str, verb: &str) {
        let Some(alert) = world.alerts().find(|alert| alert.name.eq_ignore_ascii_case(name)) else { return };
        let mut faults = Vec::new();
        if !self.terms.outward {
            faults.push("i19: an act on an alert that the policy does not ask for");
        }
        if !disk.announced().contains(&alert.name.to_lowercase()) {
            faults.push("i06: an act on an alert that the ledger does not announce");
        }
        let holders: Vec<_> = world.incidents().filter(|incident| incident.holds(&alert.system_alert_id)).collect();
        let pushes = self.pushes.entry(alert.name.clone()).or_default();
        *pushes += 1;
        let key = |incident: &Incident| incident.name.to_lowercase();
        let by_people: u64 = holders.iter().filter_map(|it| self.person.get(&key(it))).map(|(_, count)| count).sum();
        let joined: u64 = holders.iter().filter_map(|it| self.joined.get(&key(it))).map(|(count, _)| count).sum();
        let by_gone = self.by_gone.get(&alert.system_alert_id.to_lowercase()).copied().unwrap_or(0);
        if !self.rules_answer && *pushes > by_people + by_gone + joined {
            faults.push("i02: more acts on an alert than people's acts on its incidents");
        }
        if matches!(verb, "dismiss" | "resolve") {
            let now = world.now();
            let long_open = |it: &&Incident| self.opened.get(&key(it)).is_some_and(|at| now - *at > ALERT_READ_AGE);
            if holders.iter().any(long_open) {
                faults.push("i20: an alert was lowered although an incident that holds it is open");
            }
            if !holders.iter().any(|it| self.person.contains_key(&key(it))) {
                faults.push("i20: an alert was lowered although no person acted on its incidents");
            }
        }
        let name = alert.name.clone();
        self.broken.extend(faults.into_iter().map(|fault| format!("{fault} (alert {name})")));
    }

    /// What a person made of an incident stays where the policy says that it does.
    fn weigh_raising(&mut self, world: &World, incident: &Incident) {
        let moved = self.owner_acted(world, incident);
        if self.terms.human_lock == HumanLock::Everything && self.person_acted_at(incident) > moved {
            self.broken(incident, "i20: raised over a person's newer act, against the policy");
        }
    }

    fn person_acted_at(&self, incident: &Incident) -> Option<OffsetDateTime> {
        self.person.get(&incident.name.to_lowercase()).map(|(at, _)| *at)
    }

    /// How often the alert side of an incident has moved by people's acts.
    fn moves(&self, world: &World, incident: &Incident) -> u64 {
        let joined = self.joined.get(&incident.name.to_lowercase()).map_or(0, |(count, _)| *count);
        let moved = alerts(world, incident).filter_map(|alert| self.owner.get(&alert.name)).map(|(_, count)| count);
        joined + moved.sum::<u64>()
    }

    /// What a closed incident turned out to be is said otherwise: only of a closing of ours, and only where the owner acted
    /// or an alert joined since.
    fn weigh_correction(&mut self, world: &World, incident: &Incident, written: Option<OffsetDateTime>) {
        let comment = incident.state.closing().and_then(|closing| closing.comment.as_deref()).unwrap_or_default();
        if !comment.contains("lockstep") {
            self.broken(incident, "i20: a person's closing was said otherwise");
        }
        let joined = self.joined.get(&incident.name.to_lowercase()).map(|(_, at)| *at);
        let spoke = self.owner_acted(world, incident).max(joined);
        if written.is_none_or(|written| spoke < Some(written - ALERT_READ_AGE)) {
            self.broken(incident, "i04: closed again although nobody acted since");
        }
    }

    /// When an owner last moved one of its alerts.
    fn owner_acted(&self, world: &World, incident: &Incident) -> Option<OffsetDateTime> {
        alerts(world, incident).filter_map(|alert| self.owner.get(&alert.name)).map(|(at, _)| *at).max()
    }

    fn weigh_closing(&mut self, world: &World, incident: &Incident) {
        let now = world.now();
        let mut faults = Vec::new();
        for alert in alerts(world, incident) {
            if !alert.is_defender_for_cloud() {
                faults.push("i03: closed over an alert of another product");
            }
            let since = self.alerts.get(&alert.name).map_or(now, |(_, since)| *since);
            if !alert.status.is_finished() && now - since > ALERT_READ_AGE {
                faults.push("i03: closed over an alert that is not finished");
            }
        }
        if alerts(world, incident).count() != incident.alert_ids.len() {
            faults.push("i03: closed over an alert that nobody can see");
        }
        if incident.tasks.iter().any(|task| task.status != TaskStatus::Completed) {
            faults.push("i20: closed over an open task");
        }
        if !incident.bookmarks.is_empty() {
            faults.push("i20: closed over a bookmark");
        }
        let moved = self.owner_acted(world, incident);
        if moved.is_none() {
            faults.push("i20: closed although no owner ever acted");
        }
        if self.person_acted_at(incident) > moved {
            faults.push("i20: closed over a person's newer act");
        }
        faults.into_iter().for_each(|fault| self.broken(incident, fault));
    }

    /// The write has been answered with success.
    pub fn written(&mut self, before: &Before, world: &World) {
        if !before.fits {
            self.broken(&before.incident, "i01: a write over a newer version was taken");
        }
        let Some(after) = world.incident(&before.incident.name) else { return };
        let was = &before.incident;
        let same_owner = self.rules_answer || after.owner == was.owner;
        let same_labels = self.rules_answer || ours_left_out(after) == ours_left_out(was);
        let same = after.title == was.title
            && after.description == was.description
            && after.severity == was.severity
            && after.alert_ids == was.alert_ids
            && after.first_activity == was.first_activity
            && after.last_activity == was.last_activity
            && same_owner
            && same_labels;
        if !same {
            self.broken(was, "i19: more was changed than what was planned");
        }
    }

    /// The day has come to rest, and a pass was made: what should have been done by now?
    pub fn rest(&mut self, world: &World) {
        let open = world.incidents().filter(|incident| !matches!(incident.state, IncidentState::Closed(_)));
        let open: Vec<Incident> = open.cloned().collect();
        for incident in open {
            let name = incident.name.to_lowercase();
            let by_owner = |alert: &lockstep_twin::world::Alert| {
                let since = self.alerts.get(&alert.name).map(|(_, since)| *since);
                alert.is_defender_for_cloud()
                    && alert.status.is_finished()
                    && since.is_some()
                    && self.owner.get(&alert.name).map(|(at, _)| *at) == since
            };
            let due = self.terms.follows_all
                && !self.rules_answer
                && !self.person.contains_key(&name)
                && incident.tasks.is_empty()
                && !incident.alert_ids.is_empty()
                && alerts(world, &incident).count() == incident.alert_ids.len()
                && alerts(world, &incident).all(by_owner);
            if due {
                self.broken(&incident, "i05: left open although its alerts were finished by their owner");
            }
        }
    }

    /// How many incidents the tables tell of.
    pub fn told(&self, world: &World) -> usize {
        world.incidents().count() + self.deleted.len()
    }

    fn broken(&mut self, incident: &Incident, what: &str) {
        self.broken.push(format!("{what} (incident {}, {})", incident.number, incident.name));
    }
}

fn alerts<'a>(world: &'a World, incident: &'a Incident) -> impl Iterator<Item = &'a lockstep_twin::world::Alert> {
    world.alerts().filter(|alert| incident.holds(&alert.system_alert_id))
}

/// The labels that are not lockstep's own.
fn ours_left_out(incident: &Incident) -> Vec<&str> {
    let labels = incident.labels.iter().map(|label| label.name.as_str());
    labels.filter(|label| !label.starts_with("lockstep:")).collect()
}

/// Alerts have no version that a write could be bound to; what is promised is that they were read shortly before.
const ALERT_READ_AGE: Duration = Duration::from_secs(16);
