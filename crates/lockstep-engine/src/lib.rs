//! One pass, and watching.
//!
//! A pass looks at where things stand, decides, carries out what was decided and enters it in the ledger:
//!
//! 1. [`Observer::observe`] asks the tables what may be due, reads each such incident and its alerts fresh, and decides. The
//!    result is a plan; nothing was written.
//! 2. [`Engine::pass`] settles what an earlier run left open, observes, and carries the plan out: intent into the ledger,
//!    one guarded write, outcome into the ledger.
//! 3. [`Engine::watch`] does that again and again.
//!
//! A timer wakes a pass and tells it nothing. Only [`carry_out`](Engine::pass) writes to the cloud, and never what is not in
//! the ledger first. The clock is read in one file, `clock.rs`.

mod answers;
mod braked;
mod carry_out;
mod clock;
mod compare;
mod confirm;
mod direct;
mod doctor;
mod drift;
mod engine;
mod explain;
mod freshness;
mod grace;
mod marks;
mod notes;
mod observe;
mod outcome;
mod planned;
mod push;
mod rebuild;
mod settle;
mod stopped;
mod surroundings;
mod undo;
mod watch;

pub use clock::Clock;
pub use compare::{Comparison, TakenForOurs, Unannounced, Unseen};
pub use doctor::{Check, LedgerFacts, LedgerFound, Mend, Status, examine, needs};
pub use drift::{Disagreement, Drift};
pub use engine::{Engine, Identity};
pub use explain::{Explained, Explanation};
pub use freshness::{Behind, Freshness};
pub use grace::waiting_for_rights;
pub use notes::NoteWritten;
pub use observe::{Observation, Observer};
pub use outcome::{Conclusion, Fate, NotTried, Outcome, Pass, Pushed, Told};
pub use planned::{CarriedOut, Planned};
pub use rebuild::Rebuilt;
pub use stopped::Stopped;
pub use undo::{Became, TakenBack, Undo, Undone};
pub use watch::{Answer, Interval, Wanted, Watcher};
