//! The ledger on real files.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod given;
mod keeping;
