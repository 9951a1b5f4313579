//! No secret and no token is seen anywhere but on the wire.

use std::io::Write;
use std::sync::{Arc, Mutex};

use lockstep_azure::{IncidentChange, Options};
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use crate::script::{SECRET, Said, Script, id, incident, said, secret, silence, throttled};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn neither_logs_nor_errors_hold_a_secret_or_a_token() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut seen = String::new();
    let challenge = Said(401, vec![("www-authenticate", "Bearer error=\"invalid_token\"")], String::new());
    let redirect = Said(307, vec![("location", "https://evil.example/")], String::new());
    let faults = [
        said(403, "{}"),
        said(500, ""),
        said(200, "<html>"),
        throttled(None),
        silence(),
        challenge,
        redirect,
        incident(),
    ];
    for fault in faults {
        for tokens in [vec![], vec![fault.clone()]] {
            let script = Script::with_tokens([incident(), fault.clone()], tokens);
            let workspace = script.workspace(secret(), Options::default());
            seen += &format!("{workspace:?}");
            match workspace.incident(&id()).await {
                Err(error) => seen += &format!("{error} {error:?}"),
                Ok(fresh) => {
                    let written = workspace.put_incident(&fresh, &IncidentChange::Active).await;
                    seen += &format!("{fresh:?} {written:?}");
                }
            }
        }
    }
    seen += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(seen.contains("waiting"), "something was logged");
    assert!(!seen.contains(SECRET), "a secret was seen");
    assert!(!seen.contains("canary-token"), "a token was seen");
}
