//! What was done, and what both sides last agreed on.
