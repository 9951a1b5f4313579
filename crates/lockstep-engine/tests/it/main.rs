//! The engine over a twin in the same process, under tokio's paused clock.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod answers;
mod brake;
mod crashes;
mod direct;
mod doctor;
mod faults;
mod guards;
mod manners;
mod marks;
mod movers;
mod passes;
mod planned;
mod tenant;
mod three_way;
mod undo;
mod watch;
mod wire;
