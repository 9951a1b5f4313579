//! What must hold beside the comparison of both sides before something is done.
//!
//! Raising needs little; lowering needs every ground, and what was not read is none.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::time::Duration;

use crate::agreed::Memory;
use crate::course::Course;
use crate::evidence::{Act, Elsewhere, Moved, Mover, ROWS_LATE};
use crate::model::{Alert, AlertAct, AlertState, Confirmed, IncidentState, is_defender_product};
use crate::policy::{AlertEffect, Frozen, HumanLock, Knobs};
use crate::reason::Reason;
use crate::time::Time;

/// Says whether what follows may be done, or what keeps it from being done.
pub fn grounds(confirmed: &Confirmed, course: &Course, knobs: &Knobs, memory: &Memory<'_>) -> Result<(), Reason> {
    let tag = knobs.hold_tag.as_ref();
    if tag.is_some_and(|tag| confirmed.incident.labels.iter().any(|label| label.eq_ignore_ascii_case(tag))) {
        return Err(Reason::HoldTag);
    }
    match course {
        Course::Inward(target) => {
            echo(confirmed, memory)?;
            if target.lowers() || knobs.human_lock == HumanLock::Everything {
                untouched(confirmed, knobs, memory)?;
            }
            if confirmed.incident.state.is_closed() && target.lowers() {
                named(confirmed)?;
            } else if target.lowers() {
                whole(confirmed, knobs)?;
                undoubted(confirmed, knobs)?;
            }
        }
        Course::Outward(acts) => {
            moved_by_nobody_else(confirmed, knobs)?;
            for (at, act) in acts {
                agreed_by_all(&confirmed.incident.alerts[*at], *act, knobs)?;
                if act.lowers() {
                    not_synced(&confirmed.incident.alerts[*at])?;
                    closed_by_a_person(confirmed, knobs)?;
                }
            }
        }
    }
    // Saying otherwise what a closed incident turned out to be makes nothing less visible than it is.
    let lowers = course.lowers() && (matches!(course, Course::Outward(_)) || !confirmed.incident.state.is_closed());
    if let Some(freeze) = knobs.frozen(confirmed.at, lowers) {
        let lowering = freeze.what == Frozen::Lowering;
        return Err(Reason::Frozen { name: freeze.name.clone(), lowering });
    }
    if lowers && !confirmed.approved && !knobs.unattended.covers(confirmed.incident.severity) {
        return Err(Reason::NeedsApproval);
    }
    Ok(())
}

/// Only acts of people start something: not all of the alerts that moved may have been moved by the products' own sync, or
/// by us.
fn echo(confirmed: &Confirmed, memory: &Memory<'_>) -> Result<(), Reason> {
    let stood = |alert: &Alert| memory.base.map_or(AlertState::New, |base| base.pair(&alert.id).0.clone());
    let mut moved = confirmed.incident.alerts.iter().filter(|alert| stood(alert) != alert.state).peekable();
    let is_echo = |alert| is_echo(alert, confirmed.incident.closed);
    if moved.peek().is_some() && moved.all(is_echo) { Err(Reason::Echo) } else { Ok(()) }
}

/// Whether an alert was moved by the products' own sync, or may have been: `closed` is when its incident was last closed.
fn is_echo(alert: &Alert, closed: Option<Time>) -> bool {
    match alert.moved.as_ref().map(|moved| &moved.by) {
        Some(Mover::Sync | Mover::Ourselves) => true,
        Some(Mover::Person(_) | Mover::Suppression(_)) => false,
        // Closing its incident resolves it, and so does closing another one that holds it.
        Some(Mover::NotDetermined(_)) | None => {
            let is_closed = |other: &Elsewhere| other.state.as_ref().is_some_and(IncidentState::is_closed);
            let came_after = |closed| alert.moved.as_ref().is_none_or(|moved| moved.at >= closed);
            alert.state == AlertState::Resolved
                && (closed.is_some_and(came_after)
                    || alert.elsewhere.iter().any(|other| is_closed(other) && !other.followed))
        }
    }
}

/// No person has acted on the incident since its alerts moved. What we made of it ourselves is no such act.
fn untouched(confirmed: &Confirmed, knobs: &Knobs, memory: &Memory<'_>) -> Result<(), Reason> {
    let Some(act) = &confirmed.incident.acted else { return Ok(()) };
    let names_us = act.by.as_ref().is_some_and(|by| !by.contains('@'));
    let written = memory.base.and_then(|base| base.written());
    let is_ours = names_us && written.is_some_and(|written| written.is_same_status(&confirmed.incident.state));
    // What we or the products' own sync did to an alert is nobody's word on the incident.
    let is_word = |moved: &&Moved| !matches!(moved.by, Mover::Sync | Mover::Ourselves);
    let moves = confirmed.incident.alerts.iter().filter_map(|alert| alert.moved.as_ref());
    let moved = moves.filter(is_word).map(no_later_than).max();
    let is_newer = moved.is_none_or(|moved| act.at > moved);
    if is_newer && !is_ours && act.is_of_a_person(knobs.person) { Err(Reason::ActedSince) } else { Ok(()) }
}

/// A moment at which the alert cannot have moved later: what only the tables tell comes some time after it happened.
fn no_later_than(moved: &Moved) -> Time {
    match moved.by {
        Mover::NotDetermined(_) => moved.at.earlier_by(ROWS_LATE),
        _ => moved.at,
    }
}

/// Saying otherwise what an incident turned out to be needs an act of a person on one of its alerts. Where none is named a
/// while after an alert moved, it was an echo.
fn named(confirmed: &Confirmed) -> Result<(), Reason> {
    let alerts = &confirmed.incident.alerts;
    if alerts.iter().any(|alert| alert.mover().is_some()) {
        return Ok(());
    }
    let is_new = |alert: &Alert| alert.moved.as_ref().is_none_or(|it| confirmed.at.seconds_since(it.at) < LOG_DELAY);
    let is_pending = alerts.iter().any(is_new);
    Err(if is_pending { Reason::MoverUnknown(why_unknown(confirmed)) } else { Reason::Echo })
}

fn why_unknown(confirmed: &Confirmed) -> String {
    let why = |alert: &Alert| match alert.moved.as_ref().map(|moved| &moved.by) {
        Some(Mover::NotDetermined(why)) => Some(why.clone()),
        _ => None,
    };
    confirmed.incident.alerts.iter().find_map(why).unwrap_or_else(|| NOBODY_ASKED.to_owned())
}

/// All that the incident holds was seen, and nothing in it waits for somebody.
fn whole(confirmed: &Confirmed, knobs: &Knobs) -> Result<(), Reason> {
    let judged = u64::try_from(confirmed.incident.alerts.len()).unwrap_or(u64::MAX);
    if judged >= ALERTS_PER_INCIDENT {
        return Err(Reason::TooManyAlerts);
    }
    if judged != confirmed.alerts_count {
        return Err(Reason::AlertsUncounted { judged, counted: confirmed.alerts_count });
    }
    let foreign = confirmed.products.iter().find(|product| !is_defender_product(product));
    if let (Some(foreign), false) = (foreign, knobs.overridden.foreign_alerts) {
        return Err(Reason::ForeignAlert(foreign.to_owned()));
    }
    if confirmed.bookmarks_count > 0 && !knobs.overridden.bookmarks {
        return Err(Reason::Bookmarks(confirmed.bookmarks_count));
    }
    match confirmed.open_tasks {
        _ if knobs.overridden.open_tasks => Ok(()),
        None => Err(Reason::TasksUnread),
        Some(0) => Ok(()),
        Some(open) => Err(Reason::OpenTasks(open)),
    }
}

/// No dismissal is one that the policy doubts.
fn undoubted(confirmed: &Confirmed, knobs: &Knobs) -> Result<(), Reason> {
    let dismissed = |alert: &&Alert| alert.state == AlertState::Dismissed;
    confirmed
        .incident
        .alerts
        .iter()
        .filter(dismissed)
        .try_for_each(|alert| undoubted_dismissal(alert, confirmed.at, knobs))
}

fn undoubted_dismissal(alert: &Alert, now: Time, knobs: &Knobs) -> Result<(), Reason> {
    let holds = knobs.holds;
    let between = |earlier: Time, later: Time| Duration::from_secs(later.seconds_since(earlier));
    let moved = alert.moved.as_ref();
    match moved.map(|moved| &moved.by) {
        None if holds.own_suspect => return Err(Reason::MoverUnknown(NOBODY_ASKED.to_owned())),
        Some(Mover::NotDetermined(why)) if holds.own_suspect => return Err(Reason::MoverUnknown(why.clone())),
        Some(Mover::Person(who)) if holds.own_suspect && who.is_suspect => return Err(Reason::OwnSuspect),
        Some(Mover::Suppression(rule)) => {
            let is_young = |least| rule.changed.is_none_or(|changed| between(changed, now) < least);
            if holds.young_suppression.is_some_and(is_young) {
                return Err(Reason::YoungSuppression(rule.name.clone()));
            }
        }
        _ => {}
    }
    let took = alert.raised.zip(moved).map(|(raised, moved)| between(raised, moved.at));
    match (holds.hasty, took) {
        (Some(least), Some(took)) if took < least => Err(Reason::Hasty),
        (Some(_), None) => Err(Reason::MoverUnknown(NO_TIMES.to_owned())),
        _ => Ok(()),
    }
}

/// Every other incident that holds the alert says the same of it.
fn agreed_by_all(alert: &Alert, act: AlertAct, knobs: &Knobs) -> Result<(), Reason> {
    let says = |other: &Elsewhere| match (&other.state, act) {
        (Some(IncidentState::Closed(Some(closing))), AlertAct::Dismiss) => {
            knobs.outward.closed(closing.classification) == AlertEffect::Dismiss
        }
        (Some(IncidentState::Closed(Some(closing))), AlertAct::Resolve) => {
            knobs.outward.closed(closing.classification) == AlertEffect::Resolve
        }
        (Some(IncidentState::Active), AlertAct::SetInProgress | AlertAct::Activate) => true,
        (Some(IncidentState::New), AlertAct::Activate) => true,
        _ => false,
    };
    match alert.elsewhere.iter().find(|other| !says(other)) {
        Some(other) => Err(Reason::IncidentsDisagree(other.incident.clone())),
        None => Ok(()),
    }
}

/// The products' own sync does not carry the closing to the alert by itself.
fn not_synced(alert: &Alert) -> Result<(), Reason> {
    match alert.synced {
        Some(false) => Ok(()),
        Some(true) => Err(Reason::SyncDoes),
        None => Err(Reason::SyncUnknown),
    }
}

/// Only acts of people start something: what a rule or a service is known to have made of an incident moves no alert.
fn moved_by_nobody_else(confirmed: &Confirmed, knobs: &Knobs) -> Result<(), Reason> {
    match &confirmed.incident.set_by {
        Some(act) if !act.is_of_a_person(knobs.person) => Err(Reason::NothingFollows),
        _ => Ok(()),
    }
}

/// An alert is lowered only where it is known that a person closed its incident.
fn closed_by_a_person(confirmed: &Confirmed, knobs: &Knobs) -> Result<(), Reason> {
    let is_known = |act: &&Act| act.by.is_some() && act.is_of_a_person(knobs.person);
    match confirmed.incident.set_by.as_ref().filter(is_known) {
        Some(_) => Ok(()),
        None => Err(Reason::CloserUnknown),
    }
}

/// An incident holds at most 150 alerts; at the limit there may be more that it does not name.
/// Source: <https://learn.microsoft.com/azure/sentinel/sentinel-service-limits>.
const ALERTS_PER_INCIDENT: u64 = 150;

/// How long the activity log may take to tell of an act, in seconds. Assumed: minutes are documented, no bound is.
const LOG_DELAY: u64 = 1_800;

const NOBODY_ASKED: &str = "the activity log was not read";
const NO_TIMES: &str = "it is not known when the alert was raised or when it was dismissed";
