//! A ledger in append blobs, on the vendor's own emulator: a real process, real requests.
//!
//! The emulator checks tokens and no roles, knows no retention policy and no second region. Those stay with the service's documents.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use azure_core::error::{Error as CoreError, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, ClientOptions, Context, HttpClient, Request, Transport, Url};
use azure_storage_blob::{BlobClient, BlobClientOptions, BlobContainerClient, BlobContainerClientOptions};
use lockstep_azure::{Authorities, Network};
use lockstep_ledger::{
    Approval, Approved, Blobs, Body, Error, Hash, History, Ledger, Log, leave_approval, prune, verify,
};

use crate::given::{done, ended, holder, intended, started, time};

/// The emulator, until this is dropped.
struct Azurite {
    process: Child,
    client: Arc<dyn HttpClient>,
    container: Url,
}

impl Azurite {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (pem, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(&pem, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let mut process = Command::new("node")
            .arg(installed())
            .args([
                "--inMemoryPersistence",
                "--skipApiVersionCheck",
                "--oauth",
                "basic",
                "--blobPort",
                "0",
                "--disableTelemetry",
            ])
            .args([Path::new("--cert"), &pem, Path::new("--key"), &key])
            .stdout(Stdio::piped())
            .spawn()
            .expect("node can be started");
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = said
            .by_ref()
            .find_map(|line| line.unwrap().split_once("listens on ").map(|(_, address)| address.trim().to_owned()))
            .expect("it says where it listens");
        std::thread::spawn(move || said.for_each(drop));
        let network = Network::new(Authorities::Only(made.cert.pem().as_bytes())).unwrap();
        let client: Arc<dyn HttpClient> = Arc::new(network);
        let container = Url::parse(&format!("{}/devstoreaccount1/ledger", address.trim_end_matches('/'))).unwrap();
        let azurite = Self { process, client, container };
        let client_options = options(&azurite.client);
        let options = BlobContainerClientOptions { client_options, ..Default::default() };
        BlobContainerClient::new(azurite.container.clone(), None, Some(options)).unwrap().create(None).await.unwrap();
        azurite
    }

    fn blobs(&self) -> Blobs {
        self.blobs_through(&self.client)
    }

    fn blobs_through(&self, client: &Arc<dyn HttpClient>) -> Blobs {
        Blobs::new(&format!("{}/one", self.container), options(client)).unwrap()
    }

    /// A blob, for whoever meddles.
    fn blob(&self, name: &str) -> BlobClient {
        let url = Url::parse(&format!("{}/one/{name}", self.container)).unwrap();
        let options = BlobClientOptions { client_options: options(&self.client), ..Default::default() };
        BlobClient::new(url, None, Some(options)).unwrap()
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn installed() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/azurite");
    let program = target.join("node_modules/azurite/dist/src/blob/main.js");
    assert!(program.exists(), "there is no {}: npm install --prefix target/azurite azurite@3", program.display());
    program
}

fn options(client: &Arc<dyn HttpClient>) -> ClientOptions {
    ClientOptions {
        per_try_policies: vec![Arc::new(Token)],
        transport: Some(Transport::new(Arc::clone(client))),
        ..ClientOptions::default()
    }
}

/// Puts a token on each request whose signature the emulator does not check: of any tenant, for Storage, until 2100.
#[derive(Debug)]
struct Token;

#[async_trait::async_trait]
impl Policy for Token {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let claims = r#"{"aud":"https://storage.azure.com","iss":"https://sts.windows.net/6f1e2d3c-4b5a-4988-8776-655443322110/","nbf":1,"iat":1,"exp":4102444800}"#;
        let encoded = |text: &str| azure_core::base64::encode_url_safe(text);
        let token = format!("{}.{}.{}", encoded(r#"{"alg":"HS256","typ":"JWT"}"#), encoded(claims), encoded("none"));
        request.insert_header("authorization", format!("Bearer {token}"));
        next[0].send(context, request, &next[1..]).await
    }
}

/// A network on which the answer to an append is lost now and then, after the service has carried it out.
#[derive(Debug)]
struct Lossy {
    client: Arc<dyn HttpClient>,
    left: AtomicU32,
}

#[async_trait::async_trait]
impl HttpClient for Lossy {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.client.execute_request(request).await?;
        let is_append = request.url().query().is_some_and(|query| query.contains("comp=appendblock"));
        if is_append && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(CoreError::with_message(ErrorKind::Io, "the answer was lost"));
        }
        Ok(answer)
    }
}

async fn opened(blobs: &Blobs) -> Ledger {
    Ledger::open(Arc::new(blobs.clone()), &holder("test")).await.unwrap()
}

/// Enters some runs with one write each, every event by itself.
async fn enter(ledger: &Ledger, runs: std::ops::Range<u64>) {
    for run in runs {
        let number = u128::from(run) + 1;
        ledger.append(time(run), started(number)).await.unwrap();
        let intent = ledger.append(time(run), intended(number, run)).await.unwrap();
        ledger.append(time(run), done(intent.number)).await.unwrap();
        ledger.append(time(run), ended(number)).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs the vendor's emulator: npm install --prefix target/azurite azurite@3"]
async fn azurite_one_instance_writes_and_whoever_comes_after_reads_it_all() {
    let azurite = Azurite::start().await;
    assert!(matches!(History::replay(&azurite.blobs()).await, Err(Error::Missing { .. })));
    let first = opened(&azurite.blobs()).await;
    enter(&first, 0..2).await;
    let refused = Ledger::open(Arc::new(azurite.blobs()), &holder("test")).await.unwrap_err();
    assert!(matches!(refused, Error::Held { .. }), "{refused}");
    // Whoever reads in between does not lead the writer astray.
    assert_eq!(first.log().read(0, 1).await.unwrap().len(), 1);
    enter(&first, 5..6).await;
    assert_eq!(first.log().read(1, 2).await.unwrap().len(), 2);
    first.close().await.unwrap();
    let late = first.append(time(50), started(9)).await.unwrap_err();
    assert!(matches!(late, Error::Lost { .. }), "{late}");

    let second = opened(&azurite.blobs()).await;
    assert_eq!(second.log().read(0, 1).await.unwrap().len(), 1);
    enter(&second, 2..3).await;
    second.close().await.unwrap();
    let log: Arc<dyn Log> = Arc::new(azurite.blobs());
    let verified = verify(&log).await.unwrap();
    assert_eq!(verified.entries, second.history().entries());
    assert_eq!(History::replay(&*log).await.unwrap().runs().len(), 4);
}

#[tokio::test]
#[ignore = "needs the vendor's emulator: npm install --prefix target/azurite azurite@3"]
async fn azurite_the_log_goes_on_in_a_new_blob_and_is_read_from_anywhere() {
    let azurite = Azurite::start().await;
    let ledger = opened(&azurite.blobs().rolling_after(3)).await;
    enter(&ledger, 0..5).await;
    let all = azurite.blobs().read(0, 1000).await.unwrap();
    assert_eq!(all.len() as u64, ledger.history().entries());
    assert!(
        azurite.blob(&format!("log/{:020}", 4)).exists().await.unwrap(),
        "the fourth block is in a blob of its own"
    );
    for after in 0..=all.len() {
        for limit in [1, 2, 5, 1000] {
            let wanted = &all[after..(after + limit).min(all.len())];
            let read = azurite.blobs().read(after as u64, limit).await.unwrap();
            assert_eq!(read, wanted, "after {after}, at most {limit}");
        }
    }
    // One reader that goes on where it was.
    let (reader, mut read) = (azurite.blobs(), Vec::new());
    while let Some(line) = reader.read(read.len() as u64, 1).await.unwrap().pop() {
        read.push(line);
    }
    assert_eq!(read, all);
    enter(&ledger, 5..6).await;
    assert_eq!(
        reader.read(all.len() as u64, 1000).await.unwrap().len() as u64 + all.len() as u64,
        ledger.history().entries()
    );
    ledger.close().await.unwrap();
    let next = opened(&azurite.blobs().rolling_after(3)).await;
    enter(&next, 6..8).await;
    let log: Arc<dyn Log> = Arc::new(azurite.blobs());
    assert_eq!(verify(&log).await.unwrap().entries, next.history().entries());
}

#[tokio::test]
#[ignore = "needs the vendor's emulator: npm install --prefix target/azurite azurite@3"]
async fn azurite_who_lost_the_lease_enters_nothing_more() {
    let azurite = Azurite::start().await;
    let first = opened(&azurite.blobs()).await;
    enter(&first, 0..1).await;
    azurite.blob(&format!("log/{:020}", 1)).break_lease(None).await.unwrap();
    let second = loop {
        // A lease that is broken lives on for what is left of it, unless it is asked to end at once.
        let options =
            azure_storage_blob::models::BlobClientBreakLeaseOptions { break_period: Some(0), ..Default::default() };
        drop(azurite.blob(&format!("log/{:020}", 1)).break_lease(Some(options)).await);
        match Ledger::open(Arc::new(azurite.blobs()), &holder("test")).await {
            Ok(ledger) => break ledger,
            Err(Error::Held { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    };
    let before = first.history().entries();
    let lost = first.append(time(50), started(6)).await.unwrap_err();
    assert!(matches!(lost, Error::Lost { .. }), "{lost}");
    assert_eq!(History::replay(&azurite.blobs()).await.unwrap().entries(), before);
    enter(&second, 1..2).await;
    let lost = first.append(time(50), started(7)).await.unwrap_err();
    assert!(matches!(lost, Error::Lost { .. }), "{lost}");
    let log: Arc<dyn Log> = Arc::new(azurite.blobs());
    assert_eq!(verify(&log).await.unwrap().entries, second.history().entries());
}

#[tokio::test]
#[ignore = "needs the vendor's emulator: npm install --prefix target/azurite azurite@3"]
async fn azurite_an_append_whose_answer_was_lost_is_entered_once() {
    let azurite = Azurite::start().await;
    let lossy = Arc::new(Lossy { client: Arc::clone(&azurite.client), left: AtomicU32::new(0) });
    let client: Arc<dyn HttpClient> = lossy.clone();
    let ledger = opened(&azurite.blobs_through(&client)).await;
    for run in 0..4 {
        lossy.left.store(1, Ordering::SeqCst);
        enter(&ledger, run..run + 1).await;
    }
    let log: Arc<dyn Log> = Arc::new(azurite.blobs());
    assert_eq!(verify(&log).await.unwrap().entries, ledger.history().entries());
}

#[tokio::test]
#[ignore = "needs the vendor's emulator: npm install --prefix target/azurite azurite@3"]
async fn azurite_texts_are_left_and_taken_once_and_bodies_are_kept_and_removed() {
    let azurite = Azurite::start().await;
    let log = azurite.blobs();
    let ledger = opened(&log).await;
    enter(&ledger, 0..1).await;
    let approved =
        |by: &str| Approved { by: by.to_owned(), of: Approval::Plan { hash: Hash::ZERO }, items: Vec::new() };
    leave_approval(&azurite.blobs(), approved("one")).await.unwrap();
    leave_approval(&azurite.blobs(), approved("two")).await.unwrap();
    assert_eq!(log.left().await.unwrap().len(), 2);
    let taken = ledger.take_approvals(time(50)).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert_eq!(ledger.take_approvals(time(50)).await.unwrap().len(), 0);
    leave_approval(&azurite.blobs(), approved("three")).await.unwrap();
    assert_eq!(log.left().await.unwrap().len(), 1);

    let bodies: Vec<Body> = intended(1, 0).bodies().cloned().collect();
    for body in &bodies {
        assert_eq!(log.body(body.hash()).await.unwrap().as_deref(), body.text());
    }
    assert!(prune(&ledger, time(100), time(100)).await.unwrap().is_some());
    for body in &bodies {
        assert!(log.body(body.hash()).await.unwrap().is_none());
    }
    let log: Arc<dyn Log> = Arc::new(azurite.blobs());
    assert_eq!(verify(&log).await.unwrap().entries, ledger.history().entries());
    let lease = azurite.blobs().lease(&holder("test")).await.unwrap_err();
    assert!(matches!(lease, Error::Held { .. }));
}
