//! The door to the cloud, over a server in the same process and under tokio's paused clock.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod network;
mod permissions;
mod script;
mod secrets;
mod sightings;
mod tokens;
mod twin;
mod waits;
mod writes;
