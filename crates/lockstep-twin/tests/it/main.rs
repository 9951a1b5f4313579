//! The twin from outside: requests to its router, in process and over a socket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod activity;
mod alerts;
mod article;
mod article_flow;
mod automation;
mod cloud;
mod deployments;
mod estates;
mod faults;
mod histories;
mod homes;
mod incidents;
mod keeping;
mod loading;
mod logic_app;
mod logs;
mod portal;
mod requests;
mod resources;
mod rights;
mod rows;
mod setup;
mod sign_in;
mod sockets;
mod table;
