//! Azure Resource Manager templates: their expression language, and what a template deploys.
//!
//! Text becomes values with a place for every error ([`json`]), the strings in them expressions with spans ([`syntax`]). A
//! [`Template`] is planned for one deployment ([`Plan`]); what it asks the cloud goes through [`Host`]. A Logic App's definition
//! is a [`workflow`], whose expressions are of the same language.

pub mod functions;
pub mod json;
pub mod path;
pub mod span;
pub mod syntax;
pub mod workflow;

mod bindings;
mod dates;
mod dotnet;
mod error;
mod evaluate;
mod host;
mod placement;
mod template;
mod types;
mod unique;

pub use error::{Error, Kind};
pub use host::{Host, Refusal};
pub use placement::Placement;
pub use template::{Deployment, Output, Parameter, ParseError, Plan, Resource, Template};
