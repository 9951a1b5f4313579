//! The scheduled job: many executions, each with an empty disk and some at the same time, over one ledger in append blobs.
//!
//! The ledger lies in the vendor's own emulator, a real process; Sentinel and Defender for Cloud are the twin.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use azure_core::http::{HttpClient, Method, Request, Url};
use lockstep_azure::{Authorities, Network};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::kills::{move_one, report, said};
use crate::passes::check;
use crate::run::Place;

/// How often the job is started.
const EXECUTIONS: usize = 100;
/// How many of them begin while another is under way.
const OVERLAPPING: usize = 10;

#[test]
#[ignore = "needs the vendor's emulator: npm install --prefix target/azurite azurite@3"]
fn i16_a_job_with_an_empty_disk_loses_and_doubles_nothing() {
    let (cloud, azurite) = (Cloud::new(), Azurite::start());
    let apply = ["apply", "--format", "json", "--patience", "10s", "--ledger", &azurite.ledger];
    let mut moved = Vec::new();
    let (mut done, mut held) = (0, 0);
    for turn in 0..EXECUTIONS - OVERLAPPING {
        moved.push(move_one(&cloud, turn));
        let at_once = if turn % 9 == 0 && turn / 9 < OVERLAPPING { 2 } else { 1 };
        let places: Vec<Place> = (0..at_once).map(|_| azurite.place(&cloud)).collect();
        let start = |place: &Place| {
            place.command(&apply).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs")
        };
        let running: Vec<Child> = places.iter().map(start).collect();
        for one in running {
            let output = one.wait_with_output().expect("it ends");
            match output.status.code() {
                Some(0) => done += 1,
                Some(7) => {
                    let said = String::from_utf8_lossy(&output.stderr);
                    assert!(said.contains("is in use by"), "{said}");
                    held += 1;
                }
                code => panic!("ended with {code:?}: {}", String::from_utf8_lossy(&output.stderr)),
            }
        }
    }
    assert_eq!(done + held, EXECUTIONS);
    assert!(held <= OVERLAPPING, "a job that runs by itself finds the ledger free: {held}");

    let place = azurite.place(&cloud);
    check(&place, &apply, 0, &[]);
    let idle: Value = serde_json::from_slice(&check(&place, &apply, 0, &[]).stdout).expect("JSON");
    assert_eq!(idle["changes"], serde_json::json!([]), "nothing was lost");
    let wrong: Vec<_> = moved.iter().filter(|(incident, wanted)| said(&cloud, incident) != *wanted).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let writes = cloud.twin.stats().operations["Incidents_CreateOrUpdate"].clone();
    assert_eq!(writes.get(&200), Some(&(moved.len() as u64)), "nothing was doubled: {writes:?}");
    check(&place, &["ledger", "verify", "--ledger", &azurite.ledger], 0, &["holds"]);
    let listed = check(&place, &["ledger", "--format", "json", "--ledger", &azurite.ledger], 0, &[]);
    let entries: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let entries = entries["entries"].as_array().expect("a list");
    let of = |event: &str| entries.iter().filter(|entry| entry["event"] == event).count();
    assert_eq!((of("intended"), of("done")), (moved.len(), moved.len()), "each change is in the ledger once");
    report(&format!(
        "{EXECUTIONS} executions, {OVERLAPPING} of them beside another: {done} passes, {held} found the ledger in use, {} changes, {} entries",
        moved.len(),
        entries.len()
    ));
}

/// The vendor's emulator, until this is dropped.
struct Azurite {
    process: Child,
    certificate: String,
    ledger: String,
    /// The folder that it works in.
    _files: Place,
}

impl Azurite {
    fn start() -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../target/azurite/node_modules/azurite/dist/src/blob/main.js");
        assert!(program.exists(), "it is not installed: npm install --prefix target/azurite azurite@3");
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let certificate = made.cert.pem();
        let files = Place::new().with("cert.pem", &certificate).with("key.pem", &made.signing_key.serialize_pem());
        let mut process = Command::new("node")
            .arg(program)
            .args(["--inMemoryPersistence", "--skipApiVersionCheck", "--oauth", "basic", "--blobPort", "0"])
            .args(["--disableTelemetry", "--cert", "cert.pem", "--key", "key.pem"])
            .current_dir(files.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node can be started");
        let mut said = BufReader::new(process.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        let address = said
            .find_map(|line| line.split_once("listens on ").map(|(_, address)| address.trim().to_owned()))
            .expect("it says where it listens");
        std::thread::spawn(move || said.for_each(drop));
        let ledger = format!("{address}/devstoreaccount1/ledger/lockstep");
        let azurite = Self { process, certificate, ledger, _files: files };
        azurite.make_container(&format!("{address}/devstoreaccount1/ledger?restype=container"));
        azurite
    }

    /// What the template would have made.
    fn make_container(&self, url: &str) {
        let network = Network::new(Authorities::Only(self.certificate.as_bytes())).expect("a network");
        let client: Arc<dyn HttpClient> = Arc::new(network);
        let mut request = Request::new(Url::parse(url).expect("a URL"), Method::Put);
        request.insert_header("authorization", format!("Bearer {TOKEN}"));
        request.insert_header("x-ms-version", "2023-11-03");
        request.insert_header("content-length", "0");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let answer = runtime.block_on(client.execute_request(&request)).expect("an answer");
        assert_eq!(u16::from(answer.status()), 201);
    }

    /// An empty disk, with settings that know both clouds.
    fn place(&self, cloud: &Cloud) -> Place {
        cloud
            .place("policy.toml")
            .with("ca.pem", &format!("{}{}", cloud.ca, self.certificate))
            // The brake would hold most of it.
            .with("policy.toml", "name = \"jobs\"\npreset = \"seed\"\nbrake = \"off\"\n")
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A token that the emulator takes, which checks no signature: for Storage, from a tenant that there is not, until the year 2100.
/// `{"aud":"https://storage.azure.com","iss":"https://sts.windows.net/6f1e2d3c-4b5a-4988-8776-655443322110/","nbf":1,"iat":1,"exp":4102444800}`
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL3N0b3JhZ2UuYXp1cmUuY29tIiwiaXNzIjoiaHR0cHM6Ly9zdHMud2luZG93cy5uZXQvNmYxZTJkM2MtNGI1YS00OTg4LTg3NzYtNjU1NDQzMzIyMTEwLyIsIm5iZiI6MSwiaWF0IjoxLCJleHAiOjQxMDI0NDQ4MDB9.bm9uZQ";
