//! What follows from where both sides stand and where they last agreed: the three-way comparison.
//!
//! Only the side that moved is followed. Where both moved to the same it is agreement; where they moved apart the policy
//! says who is followed. Left out: whether what follows may be done, which is [`grounds`](crate::grounds).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::agreed::{Agreed, Memory};
use crate::decide::Target;
use crate::evidence::{Moved, Mover};
use crate::model::{
    Alert, AlertAct, AlertState, Classification, Closing, Incident, IncidentState, is_defender_product,
};
use crate::policy::{AlertEffect, Conflict, Effect, FirstSight, Knobs, Raise, Reopen, Reopened};
use crate::reason::Reason;

/// Where things are to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Course {
    /// The incident is to become this.
    Inward(Target),
    /// These of its alerts, by their place among them, are to be acted on.
    Outward(Vec<(usize, AlertAct)>),
}

impl Course {
    /// Whether something becomes less visible.
    pub fn lowers(&self) -> bool {
        match self {
            Self::Inward(target) => target.lowers(),
            Self::Outward(acts) => acts.iter().any(|(_, act)| act.lowers()),
        }
    }
}

/// Says what follows, or why nothing does.
pub fn course(incident: &Incident, knobs: &Knobs, memory: &Memory<'_>) -> Result<Course, Reason> {
    if let IncidentState::Other(word) = &incident.state {
        return Err(Reason::IncidentUnclear(word.clone()));
    }
    if incident.labels.iter().any(|label| label.eq_ignore_ascii_case(REDIRECTED)) {
        return Err(Reason::Redirected);
    }
    let judged = judged(incident, knobs)?;
    let base = base(incident, knobs, memory)?;
    let pair = |alert: &Alert| base.pair(&alert.id);
    let alerts_moved = judged.iter().any(|(_, alert)| *pair(alert).0 != alert.state)
        || base.pairs().iter().any(|pair| incident.alerts.iter().all(|alert| alert.id != pair.alert));
    let incident_moved = judged.iter().any(|(_, alert)| !pair(alert).1.is_same_as(&incident.state));
    let ask = ask(&judged, knobs, incident.state.is_closed());
    let comparison = Comparison { incident, knobs, base: &base, judged };
    if !knobs.directions.inward && !knobs.directions.outward {
        let untouched = comparison.judged.iter().all(|(_, alert)| alert.state == AlertState::New);
        return Err(if untouched { comparison.at_rest(&ask) } else { Reason::Observing });
    }
    match ask {
        Ask::Nothing(_) if incident_moved => comparison.outward(&ask),
        Ask::Nothing(reason) => Err(reason),
        ask if ask.is_met_by(&incident.state) => comparison.met(&ask, alerts_moved, incident_moved),
        ask => match (alerts_moved, incident_moved) {
            (false, false) => Err(comparison.at_rest(&ask)),
            (true, false) => comparison.inward(&ask),
            (false, true) => comparison.outward(&ask),
            (true, true) => match knobs.conflict {
                Conflict::Defender => comparison.inward(&ask),
                Conflict::Sentinel => comparison.outward(&ask),
                Conflict::Newest => comparison.newest(&ask),
                Conflict::Hold => Err(Reason::MovedApart),
            },
        },
    }
}

/// The alerts that say something, with their places; or why they say nothing together.
fn judged<'a>(incident: &'a Incident, knobs: &Knobs) -> Result<Vec<(usize, &'a Alert)>, Reason> {
    let alerts = &incident.alerts;
    if alerts.is_empty() {
        return Err(Reason::NoAlerts);
    }
    let is_ours = |alert: &Alert| is_defender_product(&alert.product);
    if alerts.iter().all(|alert| is_known(alert) && !is_ours(alert)) {
        return Err(Reason::OtherProduct);
    }
    let is_left_out = |alert: &Alert| knobs.overridden.foreign_alerts && !alert.product.is_empty() && !is_ours(alert);
    let judged: Vec<_> = alerts.iter().enumerate().filter(|(_, alert)| !is_left_out(alert)).collect();
    if let Some((_, unclear)) = judged.iter().find(|(_, alert)| !is_known(alert)) {
        return Err(Reason::AlertUnclear(unclear.state.clone()));
    }
    if let Some((_, foreign)) = judged.iter().find(|(_, alert)| !is_ours(alert)) {
        return Err(Reason::ForeignAlert(foreign.product.clone()));
    }
    if judged.is_empty() { Err(Reason::OtherProduct) } else { Ok(judged) }
}

fn is_known(alert: &Alert) -> bool {
    !matches!(alert.state, AlertState::Unknown(_) | AlertState::Missing | AlertState::Unread)
}

/// Where both sides last agreed, or that nobody ever saw them agree.
fn base<'a>(incident: &Incident, knobs: &Knobs, memory: &Memory<'a>) -> Result<Cow<'a, Agreed>, Reason> {
    if let Some(base) = memory.base {
        return Ok(Cow::Borrowed(base));
    }
    // What did not stand as it was born when the ledger began was entered then.
    let is_as_born =
        incident.state == IncidentState::New && incident.alerts.iter().all(|alert| alert.state == AlertState::New);
    let observes = !knobs.directions.inward && !knobs.directions.outward;
    if knobs.first_sight == FirstSight::Adopt && memory.began.is_none() && !is_as_born && !observes {
        return Err(Reason::FirstSight);
    }
    Ok(Cow::Owned(Agreed::birth()))
}

/// What the alerts together ask of their incident.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    /// Nothing, for this reason.
    Nothing(Reason),
    /// Somebody is to work on it.
    Activate,
    /// It is not to be closed any more.
    Reopen(Target),
    /// It is done, as this.
    Close(Classification),
    /// The policy leaves it as it is, finished or not.
    Unmapped,
}

impl Ask {
    fn is_met_by(&self, state: &IncidentState) -> bool {
        match self {
            Self::Nothing(_) | Self::Unmapped => false,
            Self::Activate => *state == IncidentState::Active,
            Self::Reopen(_) => !state.is_closed(),
            Self::Close(_) => state.is_closed(),
        }
    }
}

fn ask(judged: &[(usize, &Alert)], knobs: &Knobs, closed: bool) -> Ask {
    let count = |state: AlertState| judged.iter().filter(|(_, alert)| alert.state == state).count();
    let (new, in_progress, dismissed) =
        (count(AlertState::New), count(AlertState::InProgress), count(AlertState::Dismissed));
    let unfinished = new + in_progress > 0;
    if unfinished && closed {
        let target = match knobs.reopened {
            Reopened::New if in_progress == 0 => Target::New,
            _ => Target::Active,
        };
        return Ask::Reopen(target);
    }
    let effect = if new == judged.len() {
        return Ask::Nothing(Reason::AlertsNew);
    } else if in_progress == judged.len() {
        knobs.inward.in_progress.into()
    } else if unfinished {
        match knobs.inward.unfinished {
            Raise::Activate => Effect::Activate,
            Raise::Leave if new > 0 => return Ask::Nothing(Reason::AlertStillNew),
            Raise::Leave => return Ask::Nothing(Reason::AlertsDisagree),
        }
    } else if dismissed == judged.len() {
        knobs.inward.dismissed
    } else if dismissed == 0 {
        knobs.inward.resolved
    } else {
        knobs.inward.finished_apart()
    };
    match effect {
        Effect::Leave => Ask::Unmapped,
        // An incident that is closed stays so where its alerts are finished.
        Effect::Activate if closed => Ask::Unmapped,
        Effect::Activate => Ask::Activate,
        Effect::Close(classification) => Ask::Close(classification),
    }
}

/// One incident, what it is compared with, and by which knobs.
struct Comparison<'a> {
    incident: &'a Incident,
    knobs: &'a Knobs,
    base: &'a Agreed,
    judged: Vec<(usize, &'a Alert)>,
}

impl Comparison<'_> {
    /// Why nothing follows where nothing is due.
    fn at_rest(&self, ask: &Ask) -> Reason {
        match ask {
            _ if self.incident.state.is_closed() => Reason::Closed,
            Ask::Nothing(reason) => reason.clone(),
            Ask::Unmapped => Reason::NotMapped,
            ask if ask.is_met_by(&self.incident.state) => Reason::InStep,
            _ if self.base.written().is_some() => Reason::ChangedByOthers,
            _ => Reason::AsAgreed,
        }
    }

    /// Both sides say the same. What we said may still need to be said otherwise.
    fn met(&self, ask: &Ask, alerts_moved: bool, incident_moved: bool) -> Result<Course, Reason> {
        match (ask, &self.incident.state) {
            (Ask::Close(wanted), IncidentState::Closed(Some(Closing { classification, .. })))
                if self.knobs.directions.inward
                    && self.knobs.reclassify
                    && alerts_moved
                    && !incident_moved
                    && wanted != classification
                    && self.is_our_closing() =>
            {
                Ok(Course::Inward(Target::Closed(*wanted)))
            }
            _ => Err(self.at_rest(ask)),
        }
    }

    /// The incident follows its alerts.
    fn inward(&self, ask: &Ask) -> Result<Course, Reason> {
        let target = match ask {
            Ask::Activate => Target::Active,
            Ask::Close(classification) => Target::Closed(*classification),
            Ask::Reopen(target) => match self.knobs.reopen {
                Reopen::AllClosings => *target,
                Reopen::OurClosings if self.is_our_closing() => *target,
                Reopen::OurClosings | Reopen::Nothing => return Err(Reason::Closed),
            },
            Ask::Unmapped => return Err(self.at_rest(ask)),
            Ask::Nothing(reason) => return Err(reason.clone()),
        };
        if self.knobs.directions.inward { Ok(Course::Inward(target)) } else { Err(Reason::NotMapped) }
    }

    /// The alerts follow their incident.
    fn outward(&self, ask: &Ask) -> Result<Course, Reason> {
        let at_rest = || match self.at_rest(ask) {
            Reason::AsAgreed => Reason::NothingFollows,
            reason => reason,
        };
        if !self.knobs.directions.outward {
            return Err(at_rest());
        }
        let acts: Vec<_> = self.judged.iter().filter_map(|(at, alert)| Some((*at, self.act(alert)?))).collect();
        if acts.is_empty() { Err(at_rest()) } else { Ok(Course::Outward(acts)) }
    }

    /// What becomes of an alert that has not moved since it agreed with its incident, which has.
    fn act(&self, alert: &Alert) -> Option<AlertAct> {
        let (then, incident_then) = self.base.pair(&alert.id);
        let follows_anyway = self.knobs.conflict != Conflict::Sentinel;
        if (*then != alert.state && follows_anyway) || incident_then.is_same_as(&self.incident.state) {
            return None;
        }
        let outward = &self.knobs.outward;
        match &self.incident.state {
            IncidentState::New | IncidentState::Active if alert.state.is_finished() => {
                outward.reopened.then_some(AlertAct::Activate)
            }
            IncidentState::Active if alert.state == AlertState::New => {
                outward.active.then_some(AlertAct::SetInProgress)
            }
            IncidentState::Closed(Some(closing)) if !alert.state.is_finished() => {
                match outward.closed(closing.classification) {
                    AlertEffect::Leave => None,
                    AlertEffect::Dismiss => Some(AlertAct::Dismiss),
                    AlertEffect::Resolve => Some(AlertAct::Resolve),
                }
            }
            _ => None,
        }
    }

    /// Whoever moved last is followed, where both times come from named events.
    fn newest(&self, ask: &Ask) -> Result<Course, Reason> {
        let named = |moved: &Moved| matches!(moved.by, Mover::Person(_) | Mover::Suppression(_));
        let act = self.incident.acted.as_ref().filter(|act| act.by.as_ref().is_some_and(|by| !by.is_empty()));
        let mut moves = Vec::new();
        for (_, alert) in self.judged.iter().filter(|(_, alert)| *self.base.pair(&alert.id).0 != alert.state) {
            match alert.moved.as_ref().filter(|moved| named(moved)) {
                Some(moved) => moves.push(moved.at),
                None => return Err(Reason::MovedApart),
            }
        }
        match (act, moves.into_iter().max()) {
            (Some(act), Some(moved)) if moved > act.at => self.inward(ask),
            (Some(act), Some(moved)) if moved < act.at => self.outward(ask),
            _ => Err(Reason::MovedApart),
        }
    }

    /// Whether the incident stands closed as we closed it.
    fn is_our_closing(&self) -> bool {
        self.base.written() == Some(&self.incident.state)
    }
}

/// The label of an incident that was merged into another.
/// Source: <https://learn.microsoft.com/defender-xdr/alerts-incidents-correlation>.
const REDIRECTED: &str = "Redirected";
