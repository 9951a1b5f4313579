//! `lockstep demo`: the gap between Defender for Cloud and Sentinel opens and closes, on a twin of both.
//!
//! A twin is served on a real socket with TLS, people act in its world, and the engine makes real passes over HTTPS with a
//! real ledger. Nothing outside this process is asked, and everything is gone when it ends.

mod script;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lockstep_azure::{Auth, Authorities, Cloud, Endpoint, Endpoints, Network, Options, Scope, Secret, Workspace};
use lockstep_core::{Instance, Preset};
use lockstep_engine::{Clock, Engine, Identity, Observer, Pass};
use lockstep_ledger::{Holder, Ledger, PolicyUsed, Sqlite};
use lockstep_twin::{Server, ServerOptions, Twin};
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use script::{Row, Standing};

use super::workspace::{ledger_problem, stopped};
use crate::arguments::{Demo, Format};
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::render::{self, Screen};
use script::ROWS;

/// What the demo came to.
pub struct Played {
    /// Where the twin was served.
    pub url: String,
    /// What was seen of each row.
    pub rows: Vec<Seen>,
    /// How many incidents a last pass over everything changed; 0 where it is right.
    pub changed_again: usize,
    /// How many requests the twin answered.
    pub requests: u64,
    /// How many of them the last pass took.
    pub idle_requests: u64,
    /// From the start of the process's work to its end.
    pub took: Duration,
}

/// What was seen of one row.
pub struct Seen {
    /// The row.
    pub row: &'static Row,
    /// Where things stood before the pass.
    pub before: Standing,
    /// Where things stood after it.
    pub after: Standing,
}

impl Seen {
    /// Whether both were as they have to be.
    pub fn is_right(&self) -> bool {
        self.row.is_right(&self.before, &self.after)
    }
}

impl Played {
    /// Whether everything was as it has to be.
    pub fn is_right(&self) -> bool {
        self.rows.iter().all(Seen::is_right) && self.changed_again == 0
    }
}

/// Plays every row, shows what was seen, and with `--serve` goes on serving.
///
/// # Errors
/// Something stopped a pass, or this machine lets no twin be served.
pub fn run(options: Demo, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let began = Instant::now();
    super::runtime()?.block_on(async {
        let folder = tempfile::Builder::new()
            .prefix("lockstep-demo-")
            .tempdir()
            .map_err(|error| Problem::usage("no temporary folder can be made").because(&error))?;
        let server = Server::start(Twin::new(lockstep_twin::Options::default()), ServerOptions::default())
            .map_err(|error| Problem::usage("the twin cannot be served").because(&error))?;
        let played = play(&server, folder.path(), began, screen).await?;
        match options.format {
            Format::Text => render::demo(&played, screen),
            Format::Json => screen.json(&render::demo_json(&played)),
        }
        if options.serve {
            serve(server, folder, screen).await?;
        } else {
            server.shutdown().await;
        }
        Ok(if played.is_right() { ExitCode::Done } else { ExitCode::Writes })
    })
}

async fn play(server: &Server, folder: &Path, began: Instant, screen: &Screen) -> Result<Played, Problem> {
    let progress = screen.progress();
    let twin = server.twin();
    let engine = engine(server, folder).await?;
    let mut rows = Vec::with_capacity(ROWS.len());
    for row in ROWS {
        progress.show(row.what);
        let alert = twin.with(|world| row.play(world));
        let before = twin.with(|world| Standing::of(world, &alert));
        pass(&engine).await?;
        let after = twin.with(|world| Standing::of(world, &alert));
        rows.push(Seen { row, before, after });
    }
    let requests_before = twin.stats().requests();
    let again = pass(&engine).await?;
    let requests = twin.stats().requests();
    Ok(Played {
        url: server.url(),
        rows,
        changed_again: again.outcomes.len(),
        requests,
        idle_requests: requests - requests_before,
        took: began.elapsed(),
    })
}

async fn pass(engine: &Engine) -> Result<Pass, Problem> {
    engine.pass(&CancellationToken::new(), &|_| {}).await.map_err(|error| stopped(&error))
}

/// An engine that reaches the twin as it would reach the cloud.
async fn engine(server: &Server, folder: &Path) -> Result<Engine, Problem> {
    let twin = server.twin();
    let (estate, url) = (twin.estate(), server.url());
    let preset = Preset::Seed;
    let endpoints = Endpoints::of(Cloud::Public)
        .with(Endpoint::Arm, &url)
        .and_then(|endpoints| endpoints.with(Endpoint::Login, &url))
        .and_then(|endpoints| endpoints.with(Endpoint::Logs, &url))
        .expect("the twin's URL is https://HOST:PORT");
    let scope = Scope::new(
        &estate.tenant_id,
        &estate.subscription_id,
        &estate.resource_group,
        &estate.workspace_name,
        &estate.workspace_id,
    )
    .expect("the twin's estate has names that Azure allows");
    let secret = Secret::new(twin.secrets().client_secret.expose());
    let auth = Auth::ClientSecret { client_id: estate.client_id.clone(), secret };
    let network = Network::new(Authorities::Only(server.ca_pem().as_bytes()))
        .map_err(|error| Problem::usage("TLS cannot be set up").because(&error))?;
    let workspace = Workspace::new(endpoints, scope, auth, Arc::new(network), Options::default())
        .map_err(|error| Problem::usage("the demo cannot sign in").because(&error))?;

    let clock = Clock::system();
    let holder = Holder { instance: "demo".to_owned(), since: clock.now() };
    let ledger = Ledger::open(Arc::new(Sqlite::new(folder.join(LEDGER))), &holder)
        .await
        .map_err(|error| ledger_problem(&error))?;
    let instance = Instance::parse("demo").expect("it is a name");
    let identity =
        Arc::new(Identity::new(instance, PolicyUsed::of(preset.name(), preset.says()), platform::program_hash));
    Ok(Engine { observer: Observer::new(workspace, preset.policy()), ledger, identity, clock })
}

/// Serves on, with everything in `folder` that another lockstep needs.
async fn serve(server: Server, folder: TempDir, screen: &mut Screen) -> Result<(), Problem> {
    let mut end = super::end()?;
    let file = |name: &str| folder.path().join(name);
    let written = std::fs::write(file("twin-ca.pem"), server.ca_pem())
        .and_then(|()| std::fs::write(file("lockstep.toml"), server.config_file(&file("twin-ca.pem"))))
        .and_then(|()| platform::write_private(&file("twin.env"), &server.env_file(&file("twin-ca.pem"))));
    written
        .map_err(|error| Problem::usage(format!("{} cannot be written to", folder.path().display())).because(&error))?;
    screen.note(&format!(
        "The twin goes on at {} until Ctrl-C. In another shell:\n\n    . {}\n    lockstep plan --config {}\n",
        server.url(),
        file("twin.env").display(),
        file("lockstep.toml").display()
    ));
    end.asked().await;
    server.shutdown().await;
    Ok(())
}

const LEDGER: &str = "lockstep-ledger.db";
