//! A cloud on a socket that goes wrong where it is told to: the twin behind a hand-made TLS server, whose replies can be
//! anything that bytes can be.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt as _;
use lockstep_twin::Twin;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tower::ServiceExt as _;

use crate::run::Place;

/// A cloud that is served until the test ends.
pub struct Cloud {
    pub twin: Twin,
    pub url: String,
    pub ca: String,
}

/// What is answered instead of what the twin would answer, by method and path; `None` leaves the twin to it.
pub type Fault = fn(&str, &str) -> Option<Vec<u8>>;

impl Cloud {
    /// A cloud without a fault.
    pub fn new() -> Self {
        Self::with(|_, _| None)
    }

    pub fn with(fault: Fault) -> Self {
        Self::of(lockstep_twin::Options::default(), fault)
    }

    pub fn of(options: lockstep_twin::Options, fault: Fault) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
        let twin = runtime.block_on(async { Twin::new(options) });
        let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let ca = key.cert.pem();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private)
            .expect("a server");
        let (config, runtime, router) = (Arc::new(config), Arc::new(runtime), twin.router());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (config, runtime, router) = (Arc::clone(&config), Arc::clone(&runtime), router.clone());
                std::thread::spawn(move || {
                    let Ok(connection) = ServerConnection::new(config) else { return };
                    let mut stream = StreamOwned::new(connection, stream);
                    // A client who hangs up has had enough.
                    while answer(&mut stream, &runtime, &router, fault).is_some() {}
                });
            }
        });
        Self { twin, url, ca }
    }

    /// A folder with settings that point here, and the environment that they need.
    pub fn place(&self, policy: &str) -> Place {
        let secret = self.twin.secrets().client_secret.expose().to_owned();
        let estate = self.twin.estate();
        let url = &self.url;
        let settings = format!(
            "policy = \"{policy}\"\nauth = \"client-secret\"\n\n\
             [cloud]\nname = \"twin\"\narm = \"{url}\"\nlogin = \"{url}\"\nlogs = \"{url}\"\nca = \"ca.pem\"\n\n\
             [workspace]\ntenant = \"{}\"\nsubscription = \"{}\"\nresource_group = \"{}\"\nname = \"{}\"\nid = \"{}\"\n",
            estate.tenant_id, estate.subscription_id, estate.resource_group, estate.workspace_name, estate.workspace_id
        );
        Place::new()
            .with("lockstep.toml", &settings)
            .with("ca.pem", &self.ca)
            .env("AZURE_CLIENT_ID", &estate.client_id)
            .env("AZURE_CLIENT_SECRET", &secret)
    }
}

/// A reply with a status, further header lines and a body.
pub fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let known = "Content-Type: application/json\r\nX-Lockstep-Twin: 1";
    format!("HTTP/1.1 {status}\r\n{known}\r\nContent-Length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

/// An error of Resource Manager's form.
pub fn refusal(status: &str, headers: &str, code: &str) -> Vec<u8> {
    reply(status, headers, &format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"It went wrong.\"}}}}"))
}

/// Whether a path is that of a query.
pub fn is_query(path: &str) -> bool {
    path.starts_with("/v1/workspaces/") && path.contains("/query")
}

/// Reads one request and answers it; `None` at the end of the connection.
fn answer(
    stream: &mut StreamOwned<ServerConnection, TcpStream>,
    runtime: &tokio::runtime::Runtime,
    router: &axum::Router,
    fault: Fault,
) -> Option<()> {
    let (head, body) = read(stream)?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?, first.next()?);
    if let Some(bytes) = fault(method, path) {
        stream.write_all(&bytes).and_then(|()| stream.flush()).ok()?;
        stream.conn.send_close_notify();
        stream.flush().ok()?;
        // What follows such an answer is a new connection: the client cannot know where the answer ends.
        return None;
    }
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        request = request.header(name, value.trim());
    }
    let request = request.body(Body::from(body)).expect("a request that reqwest wrote");
    let (parts, body) = runtime.block_on(async {
        let Ok(reply) = router.clone().oneshot(request).await;
        let (parts, body) = reply.into_parts();
        (parts, body.collect().await.expect("a whole body").to_bytes())
    });
    let mut bytes = format!("HTTP/1.1 {}\r\nContent-Length: {}\r\n", parts.status, body.len()).into_bytes();
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_LENGTH) {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    stream.write_all(&bytes).and_then(|()| stream.flush()).ok()
}

/// The head and the body of a request.
fn read(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut chunk) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length.unwrap_or(0) {
        match stream.read(&mut chunk) {
            Ok(count) if count > 0 => body.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
    Some((head, body))
}
