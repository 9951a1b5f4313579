//! The ledger on real files, and on the vendor's emulator of a storage account.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod azurite;
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
