//! One pass, and watching.
