//! The binary as people and scripts use it: what it prints, and what it ends with.

mod cloud;
mod configuration;
mod demo;
mod doctor;
mod explaining;
mod export;
mod faults;
mod files;
mod identities;
mod jobs;
mod kills;
mod kql;
mod ledgers;
mod pass_query;
mod passes;
mod plans;
mod policies;
mod recordings;
mod roles;
mod run;
mod several;
mod twins;
mod usage;
mod watching;
