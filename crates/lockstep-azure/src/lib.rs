//! The cloud from our side of the wire.
//!
//! One door, [`Workspace`]: what a pass has to look at ([`Workspace::sightings`]), fresh reads of incidents, alerts and
//! tasks, and the guarded writes of incidents and of alerts. Behind it each operation is two plain functions, one that makes a request and one that
//! reads its reply; sending is the business of one pipeline over one [`HttpClient`], be it the real network
//! ([`Network`]) or a router in the same process ([`InProcess`]).
//!
//! Wire spellings live here and nowhere else. Left out: deciding anything, waiting before a write, and reading a clock.

mod activity;
mod alerts;
mod bearer;
mod certificate;
mod comments;
mod credentials;
mod door;
mod endpoints;
mod error;
mod exchange;
mod in_process;
mod incidents;
mod json;
mod limit;
mod lists;
mod logs;
mod network;
mod no_reply;
mod operation;
mod pace;
mod pages;
mod permissions;
mod recording;
mod reply;
mod roles;
mod scope;
mod secret;
mod sightings;
mod storage;
mod suppression;
mod tasks;
mod tenant;
mod throttle;
mod timeline;
mod webhook;
mod wire_time;
mod written;

pub use activity::AlertEvent;
pub use alerts::FreshAlert;
pub use azure_core::http::{HttpClient, Url};
pub use certificate::{Certificate, CertificateError, Now};
pub use comments::LONGEST_COMMENT;
pub use credentials::{Auth, AuthError, UserAssigned};
pub use door::{Options, Workspace};
pub use endpoints::{Cloud, Endpoint, Endpoints, EndpointsError, World};
pub use error::{Error, Fault, RequestIds, WriteError};
pub use in_process::InProcess;
pub use incidents::{FreshIncident, IncidentChange};
pub use lists::OpenIncidents;
pub use network::{Authorities, Network, NetworkError};
pub use operation::{Operation, Side};
pub use pace::Pace;
pub use permissions::{Evidence, Level, Needs, PERMISSIONS, Part, Permission, WILDCARD_ADDS, reaches};
pub use recording::{NoPair, Recorder, Replay};
pub use roles::{Contents, Role, RolePart, roles};
pub use scope::{Scope, ScopeError};
pub use secret::Secret;
pub use sightings::{Marked, Question, Sightings, Tagged, Unreadable, Untouched};
pub use storage::storage_options;
pub use suppression::SuppressionRule;
pub use tenant::{
    AlertSurvey, AutomationRule, Connector, CreationRule, IncidentSurvey, Plan, Rights, SampledIncident,
    WorkspaceResource,
};
pub use throttle::{Cause, OnWait, Patience, Wait};
pub use timeline::{Recorded, Which};
pub use webhook::{Webhook, WebhookError};
pub use written::{Lost, Stood, WrittenRow, WrittenRows};
