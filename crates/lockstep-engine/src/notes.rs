//! Notes to whoever works on an incident: what holds it, as one comment and a tag, each hold once.
//!
//! A note only makes an incident more visible. Its comment has a name that follows from what it says, so that writing it again
//! changes nothing. What is to be said is chosen here; `carry_out` writes it.

use std::collections::BTreeMap;

use lockstep_core::{
    Act, HELD_TAG, Incident, IncidentId, IncidentState, Item, Left, Policy, Reason, Subject, Time, Version,
};
use lockstep_ledger::{Hash, History, Noted};
use uuid::Uuid;

use crate::outcome::Outcome;

/// A note that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) incident: IncidentId,
    pub(crate) number: u64,
    /// The name of the comment.
    pub(crate) comment: Uuid,
    pub(crate) text: String,
    pub(crate) tag: Option<&'static str>,
    /// What a person could say yes to.
    pub(crate) proposed: Option<Item>,
    /// The last act of anybody else.
    pub(crate) acted: Option<Act>,
}

/// What became of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteWritten {
    /// The incident.
    pub incident: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// Why it is not written, or not known to be; `None` where it is.
    pub failed: Option<String>,
}

/// The notes that are to be written about what is `left` alone, of the incidents in `held`, each with what a person could say
/// yes to.
pub(crate) fn due(
    policy: &Policy,
    history: &History,
    left: &[Left],
    held: &BTreeMap<IncidentId, (Incident, Option<Item>)>,
    now: Time,
) -> Vec<Note> {
    let announced = left.iter().filter(|left| left.reason.is_announced());
    let notes = announced.filter_map(|left| {
        let (incident, proposed) = held.get(&left.incident)?;
        let subject = Subject::of(incident, incident.owner.as_ref(), Some(now));
        let knobs = policy.ruling(&subject).knobs;
        let is_told_not_to = |tag: &String| incident.labels.iter().any(|label| label.eq_ignore_ascii_case(tag));
        if !knobs.announce_holds || knobs.hold_tag.as_ref().is_some_and(is_told_not_to) {
            return None;
        }
        let comment = name(&incident.id, left.reason.word(), proposed.as_ref());
        let says_it = |note: &Noted| note.is_written && note.intended.comment == comment;
        let is_new = !history.notes(&incident.id).iter().any(says_it);
        is_new.then(|| Note {
            incident: incident.id.clone(),
            number: incident.number,
            comment,
            text: says(&left.reason, proposed.as_ref()),
            tag: Some(HELD_TAG),
            proposed: proposed.clone(),
            acted: of_others(incident.acted.clone(), None, history.notes(&incident.id), None),
        })
    });
    notes.take(NOTES_A_PASS).collect()
}

/// What is said of an incident that goes back to New because nobody took it; nothing of other changes.
pub(crate) fn of_idle(outcome: &Outcome) -> Option<Note> {
    let Outcome::Written { change, now: IncidentState::New } = outcome else { return None };
    if change.from != IncidentState::Active {
        return None;
    }
    Some(Note {
        incident: change.incident.clone(),
        number: change.number,
        comment: name(&change.incident, &format!("idle {}", change.version.0), None),
        text: "lockstep had set this incident to Active, because work on its alerts has begun in Defender for Cloud. Nobody has \
               taken it since, so that it is New again."
            .to_owned(),
        tag: None,
        proposed: None,
        acted: None,
    })
}

/// The last act of anybody but us on an incident, of which `acted` is the last that was seen; `version` is the one that was read
/// fresh, and `yes` when a person set the tag that approves, where it is still to be answered.
///
/// Our own notes are no acts, and neither is the tag by which a person approved what a note proposed: whoever approves has seen
/// what was there.
pub(crate) fn of_others(
    acted: Option<Act>,
    version: Option<&Version>,
    notes: &[Noted],
    yes: Option<Time>,
) -> Option<Act> {
    let Some(last) = notes.last() else { return acted };
    if version.is_some() && version == last.etag.as_ref() {
        return last.intended.acted.clone();
    }
    let act = acted?;
    let names_a_person = act.by.as_ref().is_none_or(|by| by.contains('@'));
    let written = |note: &&Noted| {
        let ends = note.modified.unwrap_or(note.intended.read);
        act.at.seconds_since(ends) <= A_WRITE
            && act.at >= note.intended.read.earlier_by(std::time::Duration::from_secs(1))
    };
    let approved = |note: &&Noted| note.approved == Some(act.at) || (note.proposes() && yes == Some(act.at));
    let noted = notes.iter().rev().find(|note| if names_a_person { approved(note) } else { written(note) });
    match noted {
        Some(note) => note.intended.acted.clone(),
        None => Some(act),
    }
}

/// The name of the comment that says this: the same for the same.
fn name(incident: &IncidentId, reason: &str, proposed: Option<&Item>) -> Uuid {
    let terms = proposed.map_or("", |item| &item.terms);
    let hash = Hash::of(format!("lockstep note\n{incident}\n{reason}\n{terms}"));
    uuid::Builder::from_random_bytes(hash.first_half().to_be_bytes()).into_uuid()
}

fn says(reason: &Reason, proposed: Option<&Item>) -> String {
    let held = format!("lockstep leaves this incident as it is: {}.", plain(&reason.to_string()));
    match proposed {
        None => format!("{held} It looks again in each pass; nobody needs to answer."),
        Some(item) => {
            let change = item.terms.split("; ").next().unwrap_or_default();
            format!(
                "{held} It would otherwise do this: {}. To let it, set the tag {} on this incident. It holds for exactly this, once.",
                plain(change),
                lockstep_core::APPROVE_TAG
            )
        }
    }
}

/// Text in which nothing is markup, wherever the comment is shown.
fn plain(text: &str) -> String {
    let safe = |it: char| match it {
        '<' => '\u{2039}',
        '>' => '\u{203a}',
        '[' => '(',
        ']' => ')',
        '`' => '\'',
        '*' | '_' | '#' | '|' => ' ',
        it if it.is_control() => ' ',
        it => it,
    };
    text.chars().map(safe).collect()
}

/// How many notes one pass writes: a comment and an update each, of 75 that the service promises in five minutes.
const NOTES_A_PASS: usize = 20;

/// How long after the last that was heard of a note its write may still be dated, in seconds.
const A_WRITE: u64 = 60;
