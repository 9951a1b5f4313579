//! The twin from outside: requests to its router, in process and over a socket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod activity;
mod alerts;
mod cloud;
mod estates;
mod faults;
mod incidents;
mod loading;
mod logs;
mod requests;
mod resources;
mod rights;
mod sign_in;
mod sockets;
mod table;
