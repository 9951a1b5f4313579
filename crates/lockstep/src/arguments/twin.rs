//! What `lockstep twin` takes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use time::OffsetDateTime;

use super::moment;

/// What `twin` takes.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Twin {
    #[command(subcommand)]
    pub command: Option<TwinCommand>,
    /// Where to serve HTTPS; port 0 is any free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Where to serve managed identity, in plain HTTP; port 0 is any free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub identity_listen: SocketAddr,
    /// Start from SecurityIncident.jsonl and SecurityAlert.jsonl (or si.jsonl and sa.jsonl) in this folder
    #[arg(long, value_name = "DIR")]
    pub load: Option<PathBuf>,
    /// Start from the JSON lines of another twin's `GET /_twin/world`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["load", "now"])]
    pub import: Option<PathBuf>,
    /// Keep the world in this folder; a world that it holds already goes on, and what else the world would start from is not
    /// looked at
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Where the world's clock and the queries' now() start; the machine's time if not given
    #[arg(long, value_name = "RFC3339", value_parser = moment)]
    pub now: Option<OffsetDateTime>,
    /// Start from what this TOML file says: estate, switches, throttles, faults, rights
    #[arg(long, value_name = "FILE")]
    pub setup: Option<PathBuf>,
    /// Set a switch of the world, after the file; `GET /_twin/settings` lists them
    #[arg(long = "set", value_name = "SWITCH=VALUE")]
    pub switches: Vec<String>,
    /// How long a change takes to become a row that queries see: the switch `delay`
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub delay: Option<Duration>,
    /// Write shell assignments that point a client here; holds secrets
    #[arg(long, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// Write a lockstep.toml that points here; works once the env file is sourced
    #[arg(long, value_name = "FILE")]
    pub config_file: Option<PathBuf>,
    /// Write the certificate to trust here; if not given, twin-ca.pem beside the env file or the config file
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// The commands about a twin.
#[derive(Clone, Debug, Subcommand)]
pub enum TwinCommand {
    /// Play a script of people's acts on a twin of its own, and print what each side shows after each
    Story(TwinStory),
}

/// What `twin story` takes.
#[derive(Clone, Debug, Args)]
pub struct TwinStory {
    /// The script, one act a line; docs/guide/twin.md lists them
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the world's clock starts; it moves only where the script says so
    #[arg(long, value_name = "RFC3339", value_parser = moment, default_value = "2024-06-01T00:00:00Z")]
    pub now: OffsetDateTime,
    /// Set a switch of the world
    #[arg(long = "set", value_name = "SWITCH=VALUE")]
    pub switches: Vec<String>,
}
