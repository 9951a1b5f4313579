//! The real network, as far as a machine without one shows it.

use std::sync::Arc;
use std::time::Duration;

use lockstep_azure::{
    Authorities, Cloud, Endpoint, Endpoints, Error, Fault, Network, Options, Patience, Scope, Workspace,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::script::{GUID, id, secret};

async fn ask(login: &str) -> Error {
    let endpoints = Endpoints::of(Cloud::Public).with(Endpoint::Login, login).unwrap();
    let scope = Scope::new(GUID, GUID, "rg", "work", GUID).unwrap();
    let network = Arc::new(Network::new(Authorities::System).unwrap());
    let patience = Patience { longest: Duration::ZERO, ..Default::default() };
    let options = Options { patience, ..Options::default() };
    let workspace = Workspace::new(endpoints, scope, secret(), network, options).unwrap();
    workspace.incident(&id()).await.unwrap_err()
}

#[tokio::test]
async fn a_host_that_is_not_there_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = ask(&format!("https://{free}")).await;
    assert!(matches!(error.fault, Fault::Unreachable { .. }), "{error}");
    assert!(!error.may_have_happened());
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    let error = ask(&format!("https://{address}")).await;
    assert!(matches!(error.fault, Fault::Unreachable { .. }), "{error}");
}
