//! The decision, by tables and by properties.

mod brake;
mod decide;
mod grounds;
mod ids;
mod mark;
mod plan;
mod policy;
mod remedy;
mod three_way;
mod world;
