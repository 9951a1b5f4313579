//! The twin from outside: requests to its router, in process and over a socket.

mod activity;
mod alerts;
mod cloud;
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
