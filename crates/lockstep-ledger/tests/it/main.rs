//! The ledger on real files.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod braking;
mod edited;
mod exporting;
mod given;
mod keeping;
mod leasing;
mod order;
mod pruning;
mod refusing;
mod torn;
