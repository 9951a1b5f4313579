//! What should happen to each incident, and why.
//!
//! Everything here is a function of its arguments: what was seen and a policy go in, verdicts and a plan come out. Nothing
//! here asks the time, opens a file or sends a byte, so a plan can be made twice and compared. Wire forms, the ledger's
//! form and the policy file's form belong to the crates that own those formats; this crate serializes nothing.
//!
//! Two words: *lowering* makes something less visible (closing an incident), *raising* makes it more visible.

#![no_std]

extern crate alloc;

mod agreed;
mod brake;
mod closing_text;
mod course;
mod decide;
mod evidence;
mod grounds;
mod ids;
mod item;
mod mark;
mod model;
mod plan;
mod policy;
mod reason;
mod remedy;
mod tags;
mod time;

pub use agreed::{Agreed, Memory, Pair};
pub use brake::{BrakeLimit, BrakeRecord, BrakeScope, Load, Lowered, Trip, Waiting, brake};
pub use closing_text::{LONGEST_CLOSING_TEXT, closing_text};
pub use course::Course;
pub use decide::{Change, Push, Target, Verdict, decide, propose};
pub use evidence::{Act, Elsewhere, Moved, Mover, ROWS_LATE, Suppression, Who};
pub use ids::{AlertId, AlertPlace, IncidentId};
pub use item::Item;
pub use mark::{Instance, Mark};
pub use model::{
    Alert, AlertAct, AlertState, Classification, Closing, Confirmed, Incident, IncidentState, Severity, Version,
    is_defender_product,
};
pub use plan::{Left, Plan, plan};
pub use policy::{
    AlertCondition, AlertEffect, AlertSubject, Apart, Brake, Ceilings, Comment, Condition, Conflict, Directions,
    Effect, Evidence, Fired, FirstSight, Freeze, Frozen, FrozenTime, Holds, HumanLock, Knobs, Limits, Mapping,
    NamePeople, Outward, Owner, OwnerCondition, Pattern, Person, Piece, Policy, Preset, Raise, Reopen, Reopened, Rule,
    Ruling, Share, Sight, Subject, Unattended, WeekTime,
};
pub use reason::{Reason, Settles};
pub use remedy::{Remedy, remedies};
pub use tags::{APPROVE_TAG, HELD_TAG, UNDO_TAG};
pub use time::Time;
