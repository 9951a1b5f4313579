//! The words of a file for values that are one of a few.

use std::fmt;

use lockstep_core::{
    AlertEffect, Apart, Conflict, FirstSight, Frozen, HumanLock, NamePeople, Person, Raise, Reopen, Reopened, Sight,
    Unattended,
};
use toml::de::DeValue;

/// What stands for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true` or `false`.
    Truth(bool),
    /// A text.
    Word(&'static str),
}

impl Literal {
    /// Whether `found` is it.
    pub fn is(self, found: &DeValue<'_>) -> bool {
        match self {
            Self::Truth(truth) => found.as_bool() == Some(truth),
            Self::Word(word) => found.as_str() == Some(word),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truth(truth) => truth.fmt(f),
            Self::Word(word) => write!(f, "\"{word}\""),
        }
    }
}

/// A value that is one of a few.
pub trait Words: Copy + PartialEq + 'static {
    /// Each value with what stands for it.
    const WORDS: &'static [(Literal, Self)];
}

macro_rules! words {
    ($($name:ident: $($word:literal = $value:ident),+;)+) => { $(
        impl Words for $name {
            const WORDS: &'static [(Literal, Self)] = &[$((Literal::Word($word), Self::$value)),+];
        }
    )+ };
}

words! {
    Raise: "Active" = Activate, "unchanged" = Leave;
    Apart: "as-resolved" = AsResolved, "as-dismissed" = AsDismissed, "unchanged" = Leave;
    AlertEffect: "Dismissed" = Dismiss, "Resolved" = Resolve, "unchanged" = Leave;
    Conflict: "defender" = Defender, "sentinel" = Sentinel, "newest" = Newest, "hold" = Hold;
    FirstSight: "adopt" = Adopt, "catch-up" = CatchUp;
    HumanLock: "lowering" = Lowering, "everything" = Everything;
    Person: "all-but-automation" = AllButAutomation, "user-principal-name" = UserPrincipalName;
    Reopen: "nothing" = Nothing, "our-closings" = OurClosings, "all-closings" = AllClosings;
    Reopened: "New" = New, "Active" = Active;
    NamePeople: "upn" = Upn, "object-id" = ObjectId, "none" = No;
    Frozen: "lowering" = Lowering, "everything" = Everything;
    Sight: "tables" = Tables, "direct" = Direct;
}

impl Words for bool {
    const WORDS: &'static [(Literal, Self)] = &[(Literal::Truth(true), true), (Literal::Truth(false), false)];
}

impl Words for Unattended {
    const WORDS: &'static [(Literal, Self)] = &[
        (Literal::Truth(true), Self::Everything),
        (Literal::Word("below-high"), Self::BelowHigh),
        (Literal::Truth(false), Self::Nothing),
    ];
}
