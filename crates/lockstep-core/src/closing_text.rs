//! The text that tells the SOC why an incident was changed: what happened to its alerts, who did it and when.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::decide::Change;
use crate::evidence::{Moved, Mover, Who};
use crate::mark::neutralised;
use crate::model::{Alert, AlertState};
use crate::policy::{NamePeople, Piece, Policy, Subject};
use crate::time::Time;

/// The closing text of a change: the policy's template, filled. [`Mark::sign`](crate::Mark::sign) adds what vouches for it.
///
/// It names each alert by its title and its ARM name, up to a few, and a person only where the activity log names one by an
/// act that fits; otherwise it says that nobody is determined, and why. Control characters of what others wrote are escaped, and
/// nothing in it begins like a mark of ours. Plain text of at most 7,800 characters.
pub fn closing_text(change: &Change, subject: &Subject<'_>, policy: &Policy) -> String {
    let ruling = policy.ruling(subject);
    let text = ruling.knobs.comment.filled(|place| match place {
        Piece::Alerts => alerts(change),
        Piece::Acts => acts(change, ruling.knobs.name_people),
        Piece::Policy => shortened(&policy.name),
        Piece::Rule => ruling.fired.rule().map_or_else(|| "no rule".into(), shortened),
        Piece::Text(text) => text.clone(),
    });
    neutralised(text.trim()).chars().take(LONGEST).collect()
}

fn alerts(change: &Change) -> String {
    let said: Vec<String> = change.alerts.iter().take(NAMED_ALERTS).map(say).collect();
    let more = match change.alerts.len().saturating_sub(NAMED_ALERTS) {
        0 => String::new(),
        more => format!("; and {more} more, all finished"),
    };
    format!("{}{more}.", said.join("; "))
}

fn say(alert: &Alert) -> String {
    let what = match alert.state {
        AlertState::Dismissed => "was dismissed",
        AlertState::Resolved => "was resolved",
        AlertState::InProgress => "is in progress",
        AlertState::New => "is active",
        _ => "is not finished",
    };
    let title = shortened(&alert.title);
    match &alert.place {
        Some(place) => format!("alert \"{title}\" ({}, subscription {}) {what}", place.name(), place.subscription()),
        None => format!("alert \"{title}\" ({}) {what}", alert.id),
    }
}

/// Who did it and when, each sentence once.
fn acts(change: &Change, name_people: NamePeople) -> String {
    let mut said: Vec<String> = Vec::new();
    for alert in change.alerts.iter().filter(|alert| alert.state != AlertState::New) {
        let sentence = act(alert, name_people);
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }
    said.truncate(NAMED_ALERTS);
    said.join(" ")
}

fn act(alert: &Alert, name_people: NamePeople) -> String {
    let Some(Moved { at, by }) = &alert.moved else { return UNKNOWN.into() };
    match by {
        Mover::Person(who) => format!("Done by {} at {}.", name(who, name_people), minute(*at)),
        Mover::Suppression(rule) => {
            let reason = said(", reason", &rule.reason) + &said(", comment", &rule.comment);
            format!("Done by a suppression rule, \"{}\"{reason}.", shortened(&rule.name))
        }
        Mover::Sync => "Done by the products' own sync.".into(),
        Mover::Ourselves => "Done by lockstep.".into(),
        Mover::NotDetermined(why) => format!("Who did it is not determined: {}.", shortened(why)),
    }
}

fn said(what: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{what}: \"{}\"", shortened(text)) }
}

fn name(who: &Who, name_people: NamePeople) -> String {
    match name_people {
        NamePeople::Upn => shortened(&who.name),
        NamePeople::ObjectId if who.object_id.is_empty() => "somebody whose object id is not known".into(),
        NamePeople::ObjectId => format!("the object {}", shortened(&who.object_id)),
        NamePeople::No => "a person".into(),
    }
}

/// The moment, to the minute, in UTC.
fn minute(at: Time) -> String {
    let text = at.to_string();
    text.get(..16).map_or(text.clone(), |minute| format!("{minute}Z"))
}

fn shortened(title: &str) -> String {
    let mut short: String = title.chars().take(TITLE_LENGTH).collect();
    if short.len() < title.len() {
        short.push('…');
    }
    short.escape_debug().to_string()
}

const UNKNOWN: &str = "Who did it is not determined: nobody asked.";
const NAMED_ALERTS: usize = 5;
const TITLE_LENGTH: usize = 120;
const LONGEST: usize = 7_800;

/// How many UTF-16 code units a closing text may have with its mark. No document bounds `classificationComment`; a comment may
/// have 30,000 characters (<https://learn.microsoft.com/azure/sentinel/sentinel-service-limits>), and this is far below.
pub const LONGEST_CLOSING_TEXT: usize = 8_000;
