//! The projects chores.
fn main() {}
