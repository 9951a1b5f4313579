//! The engine over a twin in the same process, under tokio's paused clock.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod answers;
#[path = "../../../lockstep-twin/tests/it/article_flow.rs"]
mod article_flow;
mod brake;
mod clocks;
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
mod portals;
mod side_by_side;
mod tenant;
mod three_way;
mod undo;
mod watch;
mod wire;
