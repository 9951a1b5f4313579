//! The template of a closing text.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The text that an incident is closed with, with places for what is known only then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment(Arc<[Piece]>);

/// A piece of a closing text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These words.
    Text(String),
    /// Each alert, and what happened to it.
    Alerts,
    /// Who moved the alerts, and when.
    Acts,
    /// The name of the policy.
    Policy,
    /// The name of the rule that fired, or "no rule".
    Rule,
}

impl Piece {
    /// Every place, with its name in a template.
    pub const PLACES: &'static [(&'static str, Self)] =
        &[("alerts", Self::Alerts), ("acts", Self::Acts), ("policy", Self::Policy), ("rule", Self::Rule)];
}

impl Comment {
    /// The text of these pieces.
    pub fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut whole: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (whole.last_mut(), piece) {
                (_, Piece::Text(text)) if text.is_empty() => {}
                (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
                (_, piece) => whole.push(piece),
            }
        }
        Self(whole.into())
    }

    /// Its pieces; no two texts in a row.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The text, with each place filled by `fill`.
    pub fn filled(&self, mut fill: impl FnMut(&Piece) -> String) -> String {
        self.0.iter().fold(String::new(), |mut whole, piece| {
            match piece {
                Piece::Text(text) => whole.push_str(text),
                place => whole.push_str(&fill(place)),
            }
            whole
        })
    }
}

impl Default for Comment {
    /// What every preset has.
    fn default() -> Self {
        let text = "Closed because of what happened in Defender for Cloud: ";
        Self::new([Piece::Text(text.into()), Piece::Alerts, Piece::Text(" ".into()), Piece::Acts])
    }
}
