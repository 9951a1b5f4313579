//! The decision, by tables and by properties.

mod brake;
mod decide;
mod ids;
mod plan;
mod policy;
mod world;
