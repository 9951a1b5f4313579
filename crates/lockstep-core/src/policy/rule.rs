//! Rules: which incidents other knobs hold for.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::knobs::Knobs;
use super::subject::{AlertSubject, Owner, Subject};
use crate::model::Severity;

/// Other knobs for some incidents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What people call it.
    pub name: Arc<str>,
    /// Which incidents it is for.
    pub when: Condition,
    /// All the knobs that then hold: the policy's own, with those that the rule turns.
    pub knobs: Arc<Knobs>,
}

/// Which incidents a rule is for: all that is asked must be so. What is empty or `None` is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Its severity is one of these.
    pub severity: Vec<Severity>,
    /// It has a tag like one of these.
    pub tag: Vec<Pattern>,
    /// Its owner is one of these.
    pub owner: Vec<OwnerCondition>,
    /// It is at least this old.
    pub older_than: Option<Duration>,
    /// It is not yet this old.
    pub younger_than: Option<Duration>,
    /// Each of its alerts is so.
    pub every_alert: AlertCondition,
    /// At least one of its alerts is so.
    pub any_alert: AlertCondition,
}

/// What is asked about an alert: all that is asked must be so. What is empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertCondition {
    /// Its type is like one of these.
    pub kind: Vec<Pattern>,
    /// Its product is like one of these.
    pub product: Vec<Pattern>,
    /// Its subscription is like one of these.
    pub subscription: Vec<Pattern>,
    /// Its resource group is like one of these. An alert at subscription level has none.
    pub resource_group: Vec<Pattern>,
}

/// Whose an incident is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerCondition {
    /// Nobody's.
    Nobody,
    /// Anybody's.
    Anybody,
    /// Of somebody one of whose names is like this.
    Like(Pattern),
}

/// A text in which each `*` stands for any characters, compared whole, ASCII letters in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub String);

/// Whether a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// Nobody can tell: this is not known.
    Unclear(&'static str),
}

impl Answer {
    fn of(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }

    /// Both: a no settles it, whatever is unknown beside it.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) => other,
            (unclear, _) => unclear,
        }
    }

    /// Either: a yes settles it, whatever is unknown beside it.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, other) => other,
            (unclear, _) => unclear,
        }
    }
}

impl Condition {
    /// Whether nothing is asked, so that every incident matches.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn matches(&self, subject: &Subject<'_>) -> Answer {
        self.severity_of(subject)
            .and(Answer::of(self.tag.is_empty() || subject.tags.iter().any(|tag| like_any(&self.tag, tag))))
            .and(self.owner_of(subject))
            .and(self.age_of(subject))
            .and(self.alerts_of(subject))
    }

    fn severity_of(&self, subject: &Subject<'_>) -> Answer {
        match subject.severity {
            _ if self.severity.is_empty() => Answer::Yes,
            Severity::Unknown => Answer::Unclear("the incident's severity is not known"),
            severity => Answer::of(self.severity.contains(&severity)),
        }
    }

    fn owner_of(&self, subject: &Subject<'_>) -> Answer {
        match subject.owner {
            _ if self.owner.is_empty() => Answer::Yes,
            None => Answer::Unclear("the incident's owner is not known"),
            Some(owner) => Answer::of(self.owner.iter().any(|wanted| wanted.matches(owner))),
        }
    }

    fn age_of(&self, subject: &Subject<'_>) -> Answer {
        match (self.older_than, self.younger_than, subject.age) {
            (None, None, _) => Answer::Yes,
            (_, _, None) => Answer::Unclear("the incident's age is not known"),
            (older, younger, Some(age)) => {
                Answer::of(older.is_none_or(|than| age >= than) && younger.is_none_or(|than| age < than))
            }
        }
    }

    fn alerts_of(&self, subject: &Subject<'_>) -> Answer {
        if self.every_alert.is_empty() && self.any_alert.is_empty() {
            return Answer::Yes;
        }
        if subject.alerts.is_empty() {
            return Answer::No;
        }
        let answers = |wanted: &AlertCondition| -> Vec<Answer> {
            subject.alerts.iter().map(|alert| wanted.matches(alert)).collect()
        };
        let every = answers(&self.every_alert).into_iter().fold(Answer::Yes, Answer::and);
        every.and(answers(&self.any_alert).into_iter().fold(Answer::No, Answer::or))
    }
}

impl AlertCondition {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn matches(&self, alert: &AlertSubject<'_>) -> Answer {
        let asked = [
            (&self.kind, alert.kind, "the type of an alert is not known"),
            (&self.product, alert.product, "the product of an alert is not known"),
            (&self.subscription, alert.subscription, "the subscription of an alert is not known"),
            (&self.resource_group, alert.resource_group, "the resource group of an alert is not known"),
        ];
        asked.into_iter().fold(Answer::Yes, |answer, (wanted, found, unknown)| {
            answer.and(match found {
                _ if wanted.is_empty() => Answer::Yes,
                None => Answer::Unclear(unknown),
                Some(found) => Answer::of(!found.is_empty() && like_any(wanted, found)),
            })
        })
    }
}

impl OwnerCondition {
    fn matches(&self, owner: &Owner) -> bool {
        match (self, owner) {
            (Self::Nobody, Owner::Nobody) | (Self::Anybody, Owner::Somebody(_)) => true,
            (Self::Like(pattern), Owner::Somebody(names)) => names.iter().any(|name| pattern.matches(name)),
            (Self::Nobody, Owner::Somebody(_)) | (Self::Anybody | Self::Like(_), Owner::Nobody) => false,
        }
    }
}

impl Pattern {
    /// Whether `text` is like this.
    pub fn matches(&self, text: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), text.as_bytes());
        let (mut at, mut in_text) = (0, 0);
        // Where the last star was, and how much of the text it stands for so far.
        let mut star: Option<(usize, usize)> = None;
        while in_text < text.len() {
            match pattern.get(at) {
                Some(b'*') => {
                    star = Some((at, in_text));
                    at += 1;
                }
                Some(byte) if byte.eq_ignore_ascii_case(&text[in_text]) => {
                    at += 1;
                    in_text += 1;
                }
                _ => match star {
                    None => return false,
                    Some((star_at, taken)) => {
                        at = star_at + 1;
                        in_text = taken + 1;
                        star = Some((star_at, taken + 1));
                    }
                },
            }
        }
        pattern[at..].iter().all(|byte| *byte == b'*')
    }
}

fn like_any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}
