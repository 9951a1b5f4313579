//! Everything that people and machines read. The only module that prints.
//!
//! Text from the cloud, from files and from queries is hostile: it is shown through [`safe`](mod@safe), which leaves a terminal nothing
//! to obey. Colours and progress are for terminals alone.

mod brake;
mod cases;
mod console;
mod demo;
mod doctor;
mod explain;
mod export;
mod kql;
mod ledger;
mod marks;
mod metrics;
mod pace;
mod pass;
mod policy;
mod problem;
mod roles;
mod safe;
mod screen;
mod several;
mod story;
mod table;
mod ticket;
mod undo;
mod wanted;

pub use brake::{approved, approved_json, brakes, brakes_json};
pub use cases::{cases, cases_json};
pub use console::{Console, Typed};
pub use demo::{demo, demo_json};
pub use doctor::{checks, checks_json};
pub use explain::{drift, drift_json, explanation, explanation_json};
pub use export::{Redaction, entries_csv, entries_json, entry_json};
pub use kql::{answer, answer_line, failure_line, finding, schemas};
pub use ledger::{entries, verified, verified_json};
pub use marks::{accepted, comparison, comparison_json, rebuilt, unvouched};
pub use metrics::{Gauges, METRICS_TYPE, heartbeat, metrics};
pub use pace::Pace;
pub use pass::{
    carried_out, carried_out_json, header, moment_of, observation, observation_json, pass, pass_json, pass_line,
};
pub use policy::{policy, policy_json};
pub use roles::{roles, roles_json, roles_template};
pub use safe::safe;
pub use screen::{Progress, Screen, escaped_json};
pub use several::{ends, workspace};
pub use story::scene;
pub use ticket::ticket;
pub use undo::{undone, undone_json};
pub use wanted::{policy_approved, wanted, wanted_json};
