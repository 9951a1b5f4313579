//! The twin on sockets: HTTPS for the cloud, and plain HTTP on another port for managed identity.

mod certificate;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, HttpBody};
use axum::response::Response;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Control, Handle};
use http::Request;
use tokio::task::{AbortHandle, JoinHandle};
use tower::make::Shared;
use tower::{Service, ServiceExt};

use crate::Twin;
use crate::api::{self, Break, Wire};
use crate::files;
use certificate::Certificate;

/// Where to listen. Port 0 is any free port; the default is one on the loopback address for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerOptions {
    /// For HTTPS.
    pub listen: SocketAddr,
    /// For managed identity, plain HTTP.
    pub identity_listen: SocketAddr,
}

impl Default for ServerOptions {
    fn default() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen: any, identity_listen: any }
    }
}

/// Why the twin does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate")]
    Certificate(#[source] rcgen::Error),
    /// The certificate could not be used.
    #[error("cannot use the certificate")]
    Tls(#[source] rustls::Error),
}

/// A twin that is being served. Dropping it ends the serving.
#[derive(Debug)]
pub struct Server {
    twin: Twin,
    address: SocketAddr,
    identity_address: SocketAddr,
    ca_pem: String,
    control: Control,
    serving: Vec<JoinHandle<io::Result<()>>>,
    /// Runs workflows when they are due.
    playing: AbortHandle,
}

impl Server {
    /// Serves `twin` on both sockets, which are open when this returns. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`ServerError`] where an address cannot be listened on.
    pub fn start(twin: Twin, options: ServerOptions) -> Result<Self, ServerError> {
        let (listener, address) = listen(options.listen)?;
        let (identity_listener, identity_address) = listen(options.identity_listen)?;
        let certificate = Certificate::new(address.ip()).map_err(ServerError::Certificate)?;
        let config = RustlsConfig::from_config(Arc::new(certificate.config().map_err(ServerError::Tls)?));
        let control = Control::new();
        let bad = |address| move |source| ServerError::Listen { address, source };

        let acceptor = RustlsAcceptor::new(config).handshake_timeout(HANDSHAKE).acceptor(NoDelayAcceptor::new());
        let https = axum_server::from_tcp(listener).map_err(bad(address))?.acceptor(acceptor);
        let mut https = https.handle(Handle::with_control(control.clone()));
        https.http_builder().http1().header_read_timeout(HEAD);
        let app = Shared::new(breaking(api::router(twin.clone(), Wire::Socket)));

        let http = axum_server::from_tcp(identity_listener).map_err(bad(identity_address))?;
        let mut http = http.handle(Handle::with_control(control.clone()));
        http.http_builder().http1().header_read_timeout(HEAD);
        let identity_app = Shared::new(breaking(api::router(twin.clone(), Wire::IdentitySocket)));

        let serving = vec![tokio::spawn(https.serve(app)), tokio::spawn(http.serve(identity_app))];
        let playing = tokio::spawn(crate::deploy::start(twin.clone())).abort_handle();
        Ok(Self { twin, address, identity_address, ca_pem: certificate.ca_pem, control, serving, playing })
    }

    /// What is served.
    pub fn twin(&self) -> &Twin {
        &self.twin
    }

    /// The URL of everything but managed identity, without a slash at its end.
    pub fn url(&self) -> String {
        format!("https://{}", reachable(self.address))
    }

    /// The URL of managed identity, without a slash at its end.
    pub fn identity_url(&self) -> String {
        format!("http://{}", reachable(self.identity_address))
    }

    /// The certificate to trust, as PEM. It is new at every start.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Shell assignments that point a client here; `ca` is where the certificate was written to. It holds secrets.
    pub fn env_file(&self, ca: &Path) -> String {
        files::env_file(&self.twin, &self.url(), &self.identity_url(), ca)
    }

    /// What to paste into a shell to reach the twin with curl, the Azure CLI and the SDKs, once `env_file` is written. It
    /// holds no secret.
    pub fn hints(&self, env_file: &Path) -> String {
        files::hints(env_file)
    }

    /// A lockstep.toml that points here and holds no secret: it works once the env file is sourced.
    pub fn config_file(&self, ca: &Path) -> String {
        files::config_file(self.twin.estate(), &self.url(), ca)
    }

    /// Stops listening, lets the requests that are being answered end within a second, and returns.
    pub async fn shutdown(mut self) {
        self.control.graceful_shutdown(Some(GRACE));
        for serving in std::mem::take(&mut self.serving) {
            // Whether it ended by itself or was cut off, it has ended.
            let _ = serving.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.control.shutdown();
        self.playing.abort();
    }
}

/// That a fault wants the connection closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault breaks the connection")]
struct BrokenOff;

impl From<Infallible> for BrokenOff {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The router, except that a response marked to break the connection is an error, at which the server closes it.
fn breaking<B>(
    router: Router,
) -> impl Service<Request<B>, Response = Response, Error = BrokenOff, Future: Send + 'static> + Clone + Send + 'static
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    ServiceExt::<Request<B>>::map_result(router, |served: Result<Response, Infallible>| {
        let Ok(response) = served;
        let breaks = response.extensions().get::<Break>().is_some();
        if breaks { Err(BrokenOff) } else { Ok(response) }
    })
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let bad = |source| ServerError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(bad)?;
    listener.set_nonblocking(true).map_err(bad)?;
    let bound = listener.local_addr().map_err(bad)?;
    Ok((listener, bound))
}

/// An address that a client on this machine can reach: loopback for a listener on all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// How long the head of a request may take, from the end of the request before it: an idle connection lives that long.
const HEAD: Duration = Duration::from_secs(120);
const HANDSHAKE: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(1);
