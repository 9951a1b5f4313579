//! What became of a pass.

use lockstep_core::{Alert, AlertAct, Change, IncidentId, IncidentState, Reason};
use lockstep_ledger::RunId;

use crate::notes::NoteWritten;
use crate::observe::Observation;
use crate::planned::CarriedOut;

/// A pass that came to its end.
#[derive(Debug)]
pub struct Pass {
    /// The run that its writes are entered under; `None` where it had nothing to write.
    pub run: Option<RunId>,
    /// What was seen and planned.
    pub observation: Observation,
    /// What became of each change of the plan, in its order.
    pub outcomes: Vec<Outcome>,
    /// What became of each alert that was to follow its incident, in the plan's order.
    pub pushed: Vec<Pushed>,
    /// What became of each note to whoever works on an incident.
    pub noted: Vec<NoteWritten>,
}

/// What became of one alert that was to follow its incident.
#[derive(Debug)]
pub struct Pushed {
    /// The incident.
    pub incident: IncidentId,
    /// The number that people call the incident by.
    pub number: u64,
    /// The alert, as it was read.
    pub alert: Alert,
    /// What was to be done to it.
    pub act: AlertAct,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an act on an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The alert stands there; a read after the act shows it.
    Moved,
    /// By the time of the act it was no longer due; this says why.
    NotDue(String),
    /// It was not done, and is known not to have happened; this is what the service said.
    Refused(String),
    /// Nobody knows whether it was done; the next pass settles it by reading.
    InDoubt(String),
    /// It was not tried.
    NotTried(NotTried),
}

/// What became of one change.
#[derive(Debug)]
pub enum Outcome {
    /// The service made it, and shows the incident so.
    Written {
        /// The change.
        change: Change,
        /// Where the incident stands now, as the service answered.
        now: IncidentState,
    },
    /// By the time of the write it was no longer due.
    Left {
        /// The change as it was planned.
        change: Change,
        /// Why it is not due any more.
        reason: Reason,
    },
    /// It is part of a plan that was made before, and something has moved since.
    Stale {
        /// The change as it was planned.
        change: Change,
        /// What moved, a sentence's end each.
        moved: Vec<String>,
    },
    /// It is part of a plan that was made before, and an earlier run of that plan has made it.
    Made {
        /// The change.
        change: Change,
    },
    /// It was not made, and is known not to have happened.
    Refused {
        /// The change.
        change: Change,
        /// What the service said.
        error: String,
    },
    /// Nobody knows whether it was made; the next pass settles it by reading.
    InDoubt {
        /// The change.
        change: Change,
        /// Why nobody knows.
        why: String,
    },
    /// It was not tried.
    NotTried {
        /// The change.
        change: Change,
        /// Why not.
        why: NotTried,
    },
}

/// What is told while a run goes on.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// So many changes are about to be made.
    Begins(usize),
    /// What became of one of them.
    Became(&'a Outcome),
}

/// Why a change was not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTried {
    /// The service refused an earlier change because a right is missing; this says which.
    Rights(String),
    /// The ledger could not take the intent; this says why.
    Ledger(String),
    /// Somebody asked to stop.
    Stopping,
}

impl Outcome {
    /// The change that it is about.
    pub fn change(&self) -> &Change {
        match self {
            Self::Written { change, .. }
            | Self::Left { change, .. }
            | Self::Stale { change, .. }
            | Self::Made { change }
            | Self::Refused { change, .. }
            | Self::InDoubt { change, .. }
            | Self::NotTried { change, .. } => change,
        }
    }
}

/// What a pass came to, for a caller who can hear one word only. Worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// Everything that was due was done, or nothing was due.
    Done,
    /// Something is due and waits for a person to look.
    Held,
    /// A plan that was made before is no longer what is due.
    Stale,
    /// Some of the input could not be read, and nothing was written.
    Incomplete,
    /// A write failed, or nobody knows what became of it.
    Failed,
    /// A right is missing.
    Rights,
    /// The ledger failed on the way.
    Ledger,
}

impl Pass {
    /// What it came to.
    pub fn conclusion(&self) -> Conclusion {
        let worst = self.outcomes.iter().map(Outcome::conclusion).max().unwrap_or(Conclusion::Done);
        let pushed = self.pushed.iter().map(|pushed| pushed.fate.conclusion()).max().unwrap_or(Conclusion::Done);
        worst.max(pushed).max(self.observation.conclusion(self.written() == 0))
    }

    /// How many changes were made, of incidents and of alerts.
    pub fn written(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Written { .. })).count()
            + self.pushed.iter().filter(|pushed| pushed.fate == Fate::Moved).count()
    }
}

impl CarriedOut {
    /// What it came to.
    pub fn conclusion(&self) -> Conclusion {
        self.outcomes.iter().map(Outcome::conclusion).max().unwrap_or(Conclusion::Done)
    }

    /// How many changes were made.
    pub fn written(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Written { .. })).count()
    }
}

impl Observation {
    /// What it comes to where nothing is carried out.
    pub fn planned(&self) -> Conclusion {
        self.conclusion(true)
    }

    /// Where something was written all the same, what could not be read is held for the next pass.
    fn conclusion(&self, nothing_written: bool) -> Conclusion {
        if self.plan.left.iter().any(|left| matches!(left.reason, Reason::NotAllowed(_))) {
            return Conclusion::Rights;
        }
        if self.is_incomplete() {
            return if nothing_written { Conclusion::Incomplete } else { Conclusion::Held };
        }
        if self.plan.left.iter().any(|left| left.reason.is_held()) { Conclusion::Held } else { Conclusion::Done }
    }
}

impl Outcome {
    fn conclusion(&self) -> Conclusion {
        match self {
            Self::Written { .. } | Self::Made { .. } => Conclusion::Done,
            Self::Stale { .. } => Conclusion::Stale,
            Self::Left { reason: Reason::NotAllowed(_), .. } => Conclusion::Rights,
            Self::Left { reason, .. } if reason.is_held() || reason.is_unknown() => Conclusion::Held,
            Self::Left { .. } => Conclusion::Done,
            Self::Refused { .. } | Self::InDoubt { .. } => Conclusion::Failed,
            Self::NotTried { why, .. } => why.conclusion(),
        }
    }
}

impl Fate {
    fn conclusion(&self) -> Conclusion {
        match self {
            Self::Moved | Self::NotDue(_) => Conclusion::Done,
            Self::Refused(_) | Self::InDoubt(_) => Conclusion::Failed,
            Self::NotTried(why) => why.conclusion(),
        }
    }
}

impl NotTried {
    fn conclusion(&self) -> Conclusion {
        match self {
            Self::Rights(_) => Conclusion::Rights,
            Self::Ledger(_) => Conclusion::Ledger,
            Self::Stopping => Conclusion::Held,
        }
    }
}
