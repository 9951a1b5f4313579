//! Whether a tenant is set up so that both sides can be kept in step, and what would mend it. Reads only.
//!
//! What is read is a value ([`Facts`]); each file of checks makes lines of it and reads nothing itself. What could not be read
//! is [`Status::Unknown`], which is never [`Status::Ok`].

mod check;
mod defender;
mod facts;
mod needs;
mod rights;
mod sentinel;
mod service;
mod tables;

pub use check::{Check, Mend, Status};
pub use facts::{Facts, LedgerFacts, LedgerFound};
pub use needs::needs;

use lockstep_azure::Workspace;
use lockstep_core::Policy;

use crate::clock::Clock;

/// Examines a workspace and everything around it, with the eyes of one policy.
///
/// `arm` is where Resource Manager answers, for commands that are shown. Sends reads only; what fails is a line, never an end.
pub async fn examine(
    workspace: &Workspace,
    arm: &str,
    policy: &Policy,
    clock: &Clock,
    ledger: LedgerFacts,
) -> Vec<Check> {
    diagnose(&facts::gather(workspace, arm, needs(policy), clock, ledger).await)
}

/// What follows from the facts, in the order in which it is to be mended.
fn diagnose(facts: &Facts) -> Vec<Check> {
    let mut checks = service::checks(facts);
    checks.extend(rights::checks(facts));
    checks.extend(sentinel::checks(facts));
    checks.extend(defender::checks(facts));
    checks.extend(tables::checks(facts));
    checks
}
