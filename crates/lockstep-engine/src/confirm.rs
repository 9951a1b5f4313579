//! Fresh reads of one incident, and the decision that they allow.
//!
//! The tables may be late, doubled or cut short; what is written is decided from these reads alone. The alerts are read last:
//! they have no version that a write could be bound to, so they must not grow old.

use futures::future::join_all;
use lockstep_azure::{Error, Fault, FreshAlert, FreshIncident, Tagged, Workspace};
use lockstep_core::{
    APPROVE_TAG, Act, Alert, AlertState, Change, Confirmed, Course, Incident, IncidentId, Memory, Policy, Push, Reason,
    Verdict, Version, decide, propose,
};
use lockstep_ledger::History;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::direct::Lists;
use crate::notes::of_others;
use crate::surroundings::{Movers, Surroundings, marked_suspect};

/// An incident as it was read, whole.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) fresh: FreshIncident,
    pub(crate) confirmed: Confirmed,
    /// The alerts as Defender for Cloud sent them, in the order of the incident's; `None` where there was nothing to send.
    pub(crate) documents: Vec<Option<Map<String, Value>>>,
    /// When the reads began.
    pub(crate) began: Instant,
}

/// Something that is due, and the reads that it was decided from.
#[derive(Clone, Debug)]
pub(crate) struct Judged<T> {
    pub(crate) due: T,
    pub(crate) read: Read,
}

/// What was decided from fresh reads.
#[derive(Clone, Debug)]
pub(crate) enum Decided {
    Change(Judged<Change>),
    Push(Judged<Push>),
    /// It is left alone; this is how it was seen last.
    Leave(Incident, Reason),
    /// It is left alone until a person approves of this.
    Awaits(Incident, Verdict),
}

/// What reads and decides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Eyes<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) policy: &'a Policy,
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) history: &'a History,
    /// What stands for fresh reads of incidents, as long as it is.
    pub(crate) lists: Option<&'a Lists>,
    /// What is asked for by tags and may not be answered yet.
    pub(crate) tags: &'a [Tagged],
    /// Whether so much is lowered that the brake has to know whose acts are followed.
    pub(crate) counts_people: bool,
}

impl<'a> Eyes<'a> {
    /// What the ledger knows of an incident.
    pub(crate) fn memory(&self, incident: &Incident) -> Memory<'a> {
        Memory { base: self.history.base(&incident.id), began: self.history.began() }
    }

    /// The last act of anybody but us on an incident, of which `acted` is the last that was seen.
    pub(crate) fn of_others(&self, id: &IncidentId, acted: Option<Act>, version: Option<&Version>) -> Option<Act> {
        let is_yes = |it: &&Tagged| it.incident == *id && it.tag.eq_ignore_ascii_case(APPROVE_TAG);
        let yes = self.tags.iter().find(is_yes).map(|tagged| tagged.at);
        of_others(acted, version, self.history.notes(id), yes)
    }

    /// Reads an incident and its alerts, and decides. `course` says what it is read for.
    pub(crate) async fn look(&self, seen: &Incident, course: Option<&Course>) -> Decided {
        match self.read(seen, course).await {
            Ok(read) => self.decide(read).await,
            Err(reason) => Decided::Leave(seen.clone(), reason),
        }
    }

    /// Decides from fresh reads. Where tasks turn out to matter only here, they are read, and once more everything else:
    /// the alerts come last.
    pub(crate) async fn decide(&self, mut read: Read) -> Decided {
        let memory = self.memory(&read.confirmed.incident);
        let mut verdict = decide(&read.confirmed, self.policy, &memory);
        if let Verdict::Leave(_, Reason::TasksUnread) = &verdict {
            let seen = read.confirmed.incident;
            let course = propose(&seen, self.policy, &memory, Some(read.confirmed.at)).ok();
            read = match self.read(&seen, course.as_ref()).await {
                Ok(read) => read,
                Err(reason) => return Decided::Leave(seen, reason),
            };
            verdict = decide(&read.confirmed, self.policy, &memory);
        }
        if let Verdict::Leave(_, Reason::NeedsApproval) = &verdict {
            let approved = Confirmed { approved: true, ..read.confirmed.clone() };
            verdict = decide(&approved, self.policy, &memory);
            let item = match &verdict {
                Verdict::Change(change) => change.item(),
                Verdict::Push(push) => push.item(),
                Verdict::Leave(_, reason) => return Decided::Leave(approved.incident, reason.clone()),
            };
            if !self.history.is_approved(&item) {
                return Decided::Awaits(approved.incident, verdict);
            }
            read.confirmed = approved;
        }
        match verdict {
            Verdict::Change(due) => Decided::Change(Judged { due, read }),
            Verdict::Push(due) => Decided::Push(Judged { due, read }),
            Verdict::Leave(_, reason) => Decided::Leave(read.confirmed.incident, reason),
        }
    }

    /// Reads an incident and its alerts. `course` says what they are read for.
    ///
    /// What cannot be read about an alert becomes a state of that alert. An incident that cannot be read is a reason to leave
    /// it, and so is a right that is missing for either.
    pub(crate) async fn read(&self, seen: &Incident, course: Option<&Course>) -> Result<Read, Reason> {
        let memory = self.memory(seen);
        let listed = self.lists.and_then(|lists| lists.fresh(&seen.id));
        let began = listed.map_or_else(Instant::now, |(_, began)| began);
        let incident = async {
            match listed {
                Some((fresh, _)) => Ok(fresh.clone()),
                None => self.workspace.incident(&seen.id).await,
            }
        };
        let closes = matches!(course, Some(course @ Course::Inward(_)) if course.lowers());
        let tasks = async { if closes { self.workspace.open_tasks(&seen.id).await.map(Some) } else { Ok(None) } };
        let around = async {
            let mut alerts = seen.alerts.clone();
            let movers = Movers::of(self.policy, seen, course, self.counts_people);
            self.surroundings.fill(self.workspace, self.history, course, movers, &mut alerts).await;
            alerts
        };
        let (fresh, tasks, alerts) = futures::join!(incident, tasks, around);
        let fresh = fresh.map_err(unread)?;
        let open_tasks = tasks.map_err(unread)?;
        let alerts = join_all(alerts.into_iter().map(|alert| read_alert(self.workspace, alert))).await;
        let (alerts, documents) = alerts.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let mut confirmed = fresh.confirmed(alerts, open_tasks);
        let incident = with_past(confirmed.incident, seen, &fresh, &memory);
        let acted = self.of_others(&seen.id, incident.acted.clone(), Some(&fresh.version));
        confirmed.incident = Incident { acted, ..incident };
        Ok(Read { fresh, confirmed, documents, began })
    }
}

/// An incident with its past: what was seen of it before, unless the fresh read shows a newer act. Whose that is, nobody knows
/// yet.
pub(crate) fn with_past(incident: Incident, seen: &Incident, fresh: &FreshIncident, memory: &Memory<'_>) -> Incident {
    let written = memory.base.and_then(|base| base.written());
    let is_known = seen.state.is_same_status(&fresh.state) || written == Some(&fresh.state);
    // A row of the table is late. What was written since may have brought the incident back to where the row shows it.
    let is_row_newest = seen.modified.is_none_or(|seen| fresh.modified.seconds_since(seen) == 0);
    let is_same = is_known
        && is_row_newest
        && seen.owner.as_ref().is_none_or(|owner| *owner == fresh.owner)
        && seen.comments.is_none_or(|comments| comments == fresh.comments_count);
    let newer = || Some(Act { at: fresh.modified, by: None });
    Incident {
        acted: if is_same { seen.acted.clone() } else { newer() },
        set_by: if is_same { seen.set_by.clone() } else { newer() },
        closed: seen.closed,
        ..incident
    }
}

type AlertWithDocument = (Alert, Option<Map<String, Value>>);

async fn read_alert(workspace: &Workspace, seen: Alert) -> Result<AlertWithDocument, Reason> {
    let Some(place) = &seen.place else {
        tracing::warn!(alert = %seen.id, "the tables do not say where the alert is");
        return Ok((Alert { state: AlertState::Unread, ..seen }, None));
    };
    match workspace.alert(place).await {
        Ok(fresh) => {
            let document = fresh.document().cloned();
            Ok((marked_suspect(as_read(seen, &fresh), document.as_ref()), document))
        }
        Err(error) if error.is_about_rights() => Err(Reason::NotAllowed(error.to_string())),
        Err(error) => {
            tracing::warn!(alert = %seen.id, %error, "the alert could not be read");
            Ok((Alert { state: AlertState::Unread, ..seen }, None))
        }
    }
}

/// An alert that was seen before, as it was read now.
pub(crate) fn as_read(seen: Alert, fresh: &FreshAlert) -> Alert {
    let said = |fresh: &str, seen: &str| if fresh.is_empty() { seen.to_owned() } else { fresh.to_owned() };
    Alert {
        product: said(&fresh.product, &seen.product),
        title: said(&fresh.title, &seen.title),
        kind: said(&fresh.kind, &seen.kind),
        raised: fresh.raised.or(seen.raised),
        // What was seen tells how it came to where it stood then, and nothing about later moves.
        moved: seen.moved.clone().filter(|_| seen.state == fresh.state),
        place: fresh.place.clone().or(seen.place),
        state: fresh.state.clone(),
        ..seen
    }
}

pub(crate) fn unread(error: Error) -> Reason {
    match error.fault {
        Fault::NotFound { .. } => Reason::Gone,
        _ if error.is_about_rights() => Reason::NotAllowed(error.to_string()),
        _ => Reason::Unread(error.to_string()),
    }
}
