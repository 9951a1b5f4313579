//! The twin from outside: requests to its router, in process and over a socket.

mod alerts;
mod cloud;
mod incidents;
mod loading;
mod requests;
mod sign_in;
mod sockets;
mod table;
