//! The tags by which lockstep and analysts speak to each other on an incident. Compared in any case.

/// Says that something is due and held.
pub const HELD_TAG: &str = "lockstep:held";

/// Asks to do what was proposed.
pub const APPROVE_TAG: &str = "lockstep:approve";

/// Asks to take back what lockstep last wrote.
pub const UNDO_TAG: &str = "lockstep:undo";
