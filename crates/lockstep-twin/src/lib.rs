//! A stand-in for the cloud: the REST surface of Microsoft Entra, Azure Resource Manager, Defender for Cloud, Microsoft
//! Sentinel and Log Analytics, with a small world behind it that behaves as theirs does.
//!
//! A request travels `server` -> `api` -> [`world`]: the server knows sockets, the API knows HTTP and JSON, the world
//! knows neither. [`rules`] lists what the cloud keeps in step by itself, and how we know. The twin shares no type with
//! the client: they meet over HTTP only, so that one mistake cannot hide the other.

mod api;
pub mod clock;
mod deploy;
pub mod estate;
pub mod faults;
mod files;
pub mod keeping;
mod loading;
mod odata;
pub mod rules;
mod server;
pub mod setup;
mod stats;
pub mod story;
pub mod throttle;
mod tokens;
mod twin;
pub mod world;

pub use clock::{Clock, Pace};
pub use estate::{Estate, Secret, Secrets, Subscription, Workspace};
pub use faults::{Effect, Fault, Faults};
pub use keeping::{ImportError, KeepError, Kept};
pub use loading::{LoadError, Loaded};
pub use server::{Server, ServerError, ServerOptions};
pub use setup::Setup;
pub use stats::Stats;
pub use story::Story;
pub use throttle::{Limit, Throttles};
pub use twin::{Options, Twin};
