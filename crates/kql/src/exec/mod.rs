//! Execution of plans.
