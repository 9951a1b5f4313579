//! The door to the cloud, over a server in the same process and under tokio's paused clock.

mod network;
mod script;
mod tokens;
mod waits;
mod writes;
