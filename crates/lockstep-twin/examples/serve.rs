//! Serves a twin: `serve DIR [ROWS]` writes `env.sh` and `ca.pem` into DIR, after loading the tables of the folder ROWS.
//!
//! For trying clients while the twin itself is worked on; `lockstep twin` is the whole command.

use std::path::PathBuf;

use lockstep_twin::{Options, Server, ServerOptions, Twin};
use time::macros::datetime;
use tokio::time::Instant;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let dir = arguments.next().ok_or("serve DIR [ROWS]")?;
    let rows = arguments.next();
    let start = rows.is_some().then_some(datetime!(2024-06-01 0:00 UTC));
    let twin = Twin::new(Options { start, ..Options::default() });
    let mut loaded = String::new();
    if let Some(rows) = rows {
        let began = Instant::now();
        loaded = format!("{:?} in {:?}, ", twin.load(&rows)?, began.elapsed());
    }
    let server = Server::start(twin, ServerOptions::default())?;
    let ca = dir.join("ca.pem");
    std::fs::write(&ca, server.ca_pem())?;
    std::fs::write(dir.join("env.sh"), server.env_file(&ca))?;
    std::fs::write(dir.join("lockstep.toml"), server.config_file(&ca))?;
    std::fs::write(dir.join("ready"), format!("{loaded}{} ready\n", server.url()))?;
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
