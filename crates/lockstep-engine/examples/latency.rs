//! How long it takes from an owner's click in Defender for Cloud until the incident has followed, under a virtual clock.
//!
//! The twin's tables are three minutes behind, every request takes a tenth of a second, and a watch makes a pass every 30 seconds. Each
//! click comes at another moment of that interval, once the tables have caught up with the one before. Prints a line for each
//! way to see: `tables p50 SECONDS p99 SECONDS of CLICKS`.

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::Request;
use http_body_util::Full;
use lockstep_azure::{Auth, Cloud, Endpoints, InProcess, Options, Pace, Scope, Secret, Workspace};
use lockstep_core::{Brake, Instance, Policy, Preset, Sight, Time};
use lockstep_engine::{Clock, Engine, Identity, Interval, Observer};
use lockstep_ledger::{Holder, Ledger, PolicyUsed, Sqlite};
use lockstep_twin::Twin;
use lockstep_twin::world::{AlertStatus, NewAlert, Settings};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (name, sight) in [("direct", Sight::Direct), ("tables", Sight::Tables)] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let mut seconds = runtime.block_on(clicks(sight))?;
        seconds.sort_by(f64::total_cmp);
        let at = |percent: usize| seconds[(seconds.len() - 1) * percent / 100];
        println!("{name} p50 {:.1} p99 {:.1} of {}", at(50), at(99), seconds.len());
    }
    Ok(())
}

/// The seconds from each click until the incident was closed, by the twin's clock.
async fn clicks(sight: Sight) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let settings = Settings { delay: BEHIND, ..Settings::default() };
    let twin = Twin::new(lockstep_twin::Options { settings, ..Default::default() });
    let folder = tempfile::tempdir()?;
    let policy = Policy { sight, brake: Brake::Off, ..Preset::Seed.policy() };
    let instance = Instance::parse("latency").ok_or("the instance has no name")?;
    let clock = Clock::starting_at(Time::from_ticks(0));
    let holder = Holder { instance: "latency".into(), since: clock.now() };
    let engine = Engine {
        observer: Observer::new(workspace(&twin)?, policy),
        ledger: Ledger::open(Arc::new(Sqlite::new(folder.path().join("ledger.db"))), &holder).await?,
        identity: Arc::new(Identity::new(instance, PolicyUsed::of("seed", ""), || None)),
        clock,
    };
    let stop = CancellationToken::new();
    let click_after_click = async {
        let mut seconds = Vec::new();
        for number in 0..CLICKS {
            let alert = twin.with(|world| world.raise_alert(NewAlert::default()));
            let incident = alert.incident_name.ok_or("the alert has no incident")?;
            // The golden ratio spreads the clicks evenly over the interval.
            let phase = EVERY.mul_f64((f64::from(number) * 0.618_033_988_75).fract());
            tokio::time::sleep(BEHIND * 2 + phase).await;
            let clicked = twin
                .with(|world| world.set_alert_status(&alert.alert_name, AlertStatus::Dismissed).map(|()| world.now()));
            let clicked = clicked.map_err(|_| "the alert is not there")?;
            let closed = loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let world = twin.world();
                let incident = world.incident(&incident).ok_or("the incident is not there")?;
                if incident.state.closing().is_some() {
                    break incident.modified;
                }
            };
            seconds.push((closed - clicked).as_seconds_f64());
        }
        stop.cancel();
        Ok::<_, Box<dyn std::error::Error>>(seconds)
    };
    let watch = engine.watch(Interval { every: EVERY }, &stop, &());
    let (seconds, watched) = tokio::join!(click_after_click, watch);
    watched?;
    seconds
}

fn workspace(twin: &Twin) -> Result<Workspace, Box<dyn std::error::Error>> {
    let estate = twin.estate();
    let scope = Scope::new(
        &estate.tenant_id,
        &estate.subscription_id,
        &estate.resource_group,
        &estate.workspace_name,
        &estate.workspace_id,
    )?;
    let secret = Secret::from(twin.secrets().client_secret.expose().to_owned());
    let auth = Auth::ClientSecret { client_id: estate.client_id.clone(), secret };
    let client = Arc::new(InProcess(Slow(twin.router())));
    let options = Options { pace: Pace::none(), ..Options::default() };
    Ok(Workspace::new(Endpoints::of(Cloud::Public), scope, auth, client, options)?)
}

/// A service every request of which takes a while.
#[derive(Clone)]
struct Slow(Router);

impl Service<Request<Full<Bytes>>> for Slow {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let router = self.0.clone();
        Box::pin(async move {
            tokio::time::sleep(REQUEST).await;
            router.oneshot(request.map(Body::new)).await
        })
    }
}

const BEHIND: Duration = Duration::from_secs(180);
const EVERY: Duration = Duration::from_secs(30);
const REQUEST: Duration = Duration::from_millis(100);
const CLICKS: u32 = 200;
