//! The signs of life of a watch: a heartbeat file, and metrics in a file or over HTTP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use lockstep_azure::{Cause, Wait};
use lockstep_engine::{Pass, Stopped};
use time::OffsetDateTime;
use tokio::net::TcpListener;

use crate::arguments::Watch;
use crate::problem::Problem;
use crate::render::{self, Gauges};
use crate::settings::Settings;

/// Where metrics go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsTo {
    /// Served over HTTP, at `/metrics`.
    Address(SocketAddr),
    /// Written after each pass.
    File(PathBuf),
}

impl FromStr for MetricsTo {
    type Err = String;

    /// A port is one of this machine alone; an address has to be named for others to reach it.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("PORT, ADDR:PORT or a file is wanted".to_owned());
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        match text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
            Ok(port) => Ok(Self::Address(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))),
            Err(_) => Ok(Self::File(text.into())),
        }
    }
}

/// What one of the watches of a process shows of itself. Clones share it.
#[derive(Clone)]
pub struct Vitals {
    board: Arc<Board>,
    /// Its place on the board.
    place: usize,
}

/// What all watches of a process show.
struct Board {
    gauges: Mutex<Vec<Gauges>>,
    metrics: Option<PathBuf>,
    heartbeat: Option<PathBuf>,
}

impl Vitals {
    /// Begins, one for each watch: writes what there is to say before the first pass, and serves where that is wanted.
    ///
    /// # Errors
    /// The address cannot be listened at, or a file cannot be written.
    pub async fn start<'a>(watched: impl Iterator<Item = &'a Settings>, options: &Watch) -> Result<Vec<Self>, Problem> {
        let gauges: Vec<Gauges> = watched
            .map(|settings| {
                Gauges::new(settings.instance.as_str(), &settings.scope.to_string(), settings.policy.name())
            })
            .collect();
        let places = 0..gauges.len();
        let metrics = match &options.metrics {
            Some(MetricsTo::File(path)) => Some(path.clone()),
            _ => None,
        };
        let board = Arc::new(Board { gauges: Mutex::new(gauges), metrics, heartbeat: options.heartbeat.clone() });
        board
            .write()
            .map_err(|(path, error)| Problem::usage(format!("{} cannot be written", path.display())).because(&error))?;
        if let Some(MetricsTo::Address(address)) = options.metrics {
            board.serve(address).await?;
        }
        Ok(places.map(|place| Self { board: Arc::clone(&board), place }).collect())
    }

    /// Hears of a request that has to wait.
    pub fn waited(&self, wait: &Wait) {
        if wait.cause == Cause::Throttled {
            self.board.gauges()[self.place].throttled(&wait.side.to_string());
        }
    }

    /// Hears of a pass.
    pub fn passed(&self, at: OffsetDateTime, pass: &Result<Pass, Stopped>, policy: &str) {
        self.board.gauges()[self.place].passed(at, pass, policy);
        if let Err((path, error)) = self.board.write() {
            tracing::warn!(path = %path.display(), %error, "a sign of life could not be written");
        }
    }
}

impl Board {
    fn write(&self) -> Result<(), (PathBuf, std::io::Error)> {
        let gauges = self.gauges().clone();
        let files = [(&self.metrics, render::metrics(&gauges)), (&self.heartbeat, render::heartbeat(&gauges))];
        for (path, text) in files {
            if let Some(path) = path {
                replace(path, &text).map_err(|error| (path.clone(), error))?;
            }
        }
        Ok(())
    }

    async fn serve(self: &Arc<Self>, address: SocketAddr) -> Result<(), Problem> {
        let cannot =
            |error: std::io::Error| Problem::usage(format!("metrics cannot be served at {address}")).because(&error);
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let local = listener.local_addr().map_err(cannot)?;
        tracing::info!(address = %local, "metrics are served");
        let board = Arc::clone(self);
        let metrics = move || {
            let text = render::metrics(&board.gauges());
            async move { ([(CONTENT_TYPE, render::METRICS_TYPE)], text) }
        };
        let router = Router::new().route("/metrics", get(metrics));
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "metrics are served no longer");
            }
        });
        Ok(())
    }

    fn gauges(&self) -> MutexGuard<'_, Vec<Gauges>> {
        self.gauges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Replaces a file whole, so that nobody reads half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_of_this_machine_unless_an_address_is_named() {
        let check = |text: &str, expected: &str| match text.parse() {
            Ok(MetricsTo::Address(address)) => assert_eq!(address.to_string(), expected),
            Ok(MetricsTo::File(path)) => assert_eq!(path.display().to_string(), expected),
            Err(error) => assert_eq!(error, expected),
        };
        check("9464", "127.0.0.1:9464");
        check(":9464", "127.0.0.1:9464");
        check("0.0.0.0:9464", "0.0.0.0:9464");
        check("[::1]:9464", "[::1]:9464");
        check("/var/lib/node_exporter/lockstep.prom", "/var/lib/node_exporter/lockstep.prom");
        check("70000", "70000");
        check("", "PORT, ADDR:PORT or a file is wanted");
    }
}
