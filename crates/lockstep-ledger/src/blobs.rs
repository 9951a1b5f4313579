//! A log in append blobs of a storage account, for hosts whose disk is empty at each start.
//!
//! Below `CONTAINER/NAME/` lie `log/NUMBER`, append blobs of lines in JSON, each named by the number of its first line and the
//! last of them the one that is appended to; `bodies/HASH`; and `requests/NUMBER`. Nothing is ever overwritten, and only
//! [`remove`](Log::remove) deletes, so that a container may keep everything for a time by a policy of its own.
//!
//! The lease is one on the blob that is appended to: the service itself refuses an append without it, or one that does not begin
//! where the last one ended.

mod lease;
mod segment;
mod wire;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::http::{ClientOptions, Url};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};
use uuid::Uuid;

use crate::chain::{Hash, Line};
use crate::error::{Cause, Error};
use crate::event::Body;
use crate::log::{Holder, Lease, Log};
use lease::Renewing;
use segment::{End, Segment};

/// A log in append blobs.
///
/// Naming one sends nothing. The container has to be there; the blobs are made when a lease is taken. Runs under tokio.
#[derive(Clone)]
pub struct Blobs {
    home: Arc<Home>,
}

struct Home {
    container: BlobContainerClient,
    /// The container and the name in it, for whoever is told of a problem.
    address: String,
    /// The container alone.
    container_address: String,
    name: String,
    /// From how many blocks on the next lines go to a new blob.
    most_blocks: u32,
    held: Mutex<Option<Held>>,
    /// Where the last reader stopped.
    reader: Mutex<Option<End>>,
    /// Where the log ends, for who holds the lease.
    end: Mutex<Option<End>>,
}

/// The lease that this process holds.
#[derive(Clone, Debug)]
struct Held {
    id: Uuid,
    segment: Segment,
}

impl Blobs {
    /// The log at `address`: `https://ACCOUNT.blob.SUFFIX/CONTAINER/NAME`, where the name may have several parts.
    ///
    /// `options` says how requests travel and who asks: its transport and policies are used as they are.
    ///
    /// # Errors
    ///
    /// What is wrong with the address.
    pub fn new(address: &str, options: ClientOptions) -> Result<Self, AddressError> {
        let wrong = |why| AddressError { found: address.to_owned(), why };
        let mut url = Url::parse(address).map_err(|_| wrong("it is no URL"))?;
        if url.scheme() != "https" {
            return Err(wrong("a token is sent over TLS alone"));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds more than host and path: keys and signatures are not used here"));
        }
        // An emulator has the account in the path.
        let parts: Vec<String> = url.path_segments().into_iter().flatten().map(ToOwned::to_owned).collect();
        let in_path = usize::from(!url.host_str().is_some_and(|host| host.contains(".blob.")));
        let (container, name) = match &parts[in_path.min(parts.len())..] {
            [container, name @ ..] if !container.is_empty() && !name.is_empty() => (container, name.join("/")),
            _ => return Err(wrong("a container and a name in it are missing")),
        };
        if name.is_empty() || name.split('/').any(|part| part.is_empty() || part.starts_with('.')) || !is_plain(&name) {
            return Err(wrong("the name may hold letters, digits, dashes, dots and single slashes"));
        }
        let account = parts[..in_path].iter().map(|part| format!("{part}/")).collect::<String>();
        url.set_path(&format!("{account}{container}"));
        let container_address = url.to_string();
        let options = BlobContainerClientOptions { client_options: options, ..BlobContainerClientOptions::default() };
        let container = BlobContainerClient::new(url, None, Some(options)).map_err(|_| wrong("it is no URL"))?;
        let address = format!("{container_address}/{name}");
        let (held, reader, end) = (Mutex::default(), Mutex::default(), Mutex::default());
        let home = Home { container, address, container_address, name, most_blocks: MOST_BLOCKS, held, reader, end };
        Ok(Self { home: Arc::new(home) })
    }

    /// The same log, which goes on in a new blob after `blocks` blocks; the service takes 50,000 in one. For a log that nobody
    /// uses yet.
    #[must_use]
    pub fn rolling_after(mut self, blocks: u32) -> Self {
        if let Some(home) = Arc::get_mut(&mut self.home) {
            home.most_blocks = blocks;
        }
        self
    }

    /// Where the log lies.
    pub fn address(&self) -> &str {
        &self.home.address
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blobs").field(&self.home.address).finish()
    }
}

#[async_trait]
impl Log for Blobs {
    async fn lease(&self, _holder: &Holder) -> Result<Lease, Error> {
        let id = Uuid::new_v4();
        let segment = self.home.take(id).await?;
        *locked(&self.home.held) = Some(Held { id, segment });
        *locked(&self.home.end) = None;
        Ok(Lease::new(Renewing::start(Arc::clone(&self.home))))
    }

    async fn release(&self, _lease: &Lease) -> Result<(), Error> {
        let held = locked(&self.home.held).take();
        match held {
            Some(held) => self.home.give_back(&held).await,
            None => Ok(()),
        }
    }

    async fn append(&self, _lease: &Lease, lines: Vec<Line>, bodies: Vec<Body>) -> Result<(), Error> {
        let Some(first) = lines.first().map(|line| line.number) else { return Ok(()) };
        let end = self.home.end().await?;
        if first != end.number + 1 {
            return Err(Error::Moved { path: self.home.path() });
        }
        // A body that no line names does no harm; a line without its body would.
        for body in &bodies {
            if let Some(text) = body.text() {
                self.home.put_new(&body_name(body.hash()), text).await?;
            }
        }
        let last = lines.last().map_or(first, |line| line.number);
        let appended = self.home.append(end, first, wire::block(&lines), last).await;
        *locked(&self.home.end) = appended.as_ref().ok().cloned();
        appended.map(drop)
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Vec<Line>, Error> {
        self.home.read(after, limit).await
    }

    async fn leave(&self, request: String) -> Result<(), Error> {
        loop {
            let known = self.home.requests().await?;
            let number = known.last().map_or(1, |one| one.number + 1);
            if self.home.put_new(&request_name(number), &request).await? {
                return Ok(());
            }
        }
    }

    async fn left(&self) -> Result<Vec<(i64, String)>, Error> {
        let mut left = Vec::new();
        for request in self.home.requests().await?.into_iter().filter(|request| !request.taken) {
            if let Some(text) = self.home.whole(&request_name(request.number)).await? {
                left.push((request.number, text));
            }
        }
        Ok(left)
    }

    /// Leaves a mark beside it: what was left stays, for a container that keeps everything.
    async fn forget(&self, _lease: &Lease, request: i64) -> Result<(), Error> {
        self.home.put_new(&format!("{}{TAKEN}", request_name(request)), "").await.map(drop)
    }

    async fn remove(&self, _lease: &Lease, bodies: Vec<Hash>) -> Result<(), Error> {
        for body in bodies {
            self.home.delete(&body_name(body)).await?;
        }
        Ok(())
    }

    async fn body(&self, hash: Hash) -> Result<Option<String>, Error> {
        self.home.whole(&body_name(hash)).await
    }
}

/// A text that was left.
struct Request {
    number: i64,
    taken: bool,
}

impl Home {
    fn path(&self) -> PathBuf {
        PathBuf::from(&self.address)
    }

    /// The texts that were left, in their order.
    async fn requests(&self) -> Result<Vec<Request>, Error> {
        let mut requests: Vec<Request> = Vec::new();
        for name in self.list("requests/").await? {
            let (digits, taken) = name.strip_suffix(TAKEN).map_or((name.as_str(), false), |digits| (digits, true));
            let Ok(number) = digits.parse() else { continue };
            match requests.iter_mut().find(|request| request.number == number) {
                Some(request) => request.taken |= taken,
                None => requests.push(Request { number, taken }),
            }
        }
        requests.sort_by_key(|request| request.number);
        Ok(requests)
    }

    /// An error of the service, by what can be done about it. Source: "Blob Storage error codes".
    fn named(&self, doing: &'static str, error: azure_core::Error) -> Error {
        let path = self.path();
        let code = wire::code(&error).unwrap_or_default();
        match (wire::status(&error), code) {
            (_, "ContainerNotFound") => Error::FolderMissing { path, folder: PathBuf::from(&self.container_address) },
            (_, "LeaseAlreadyPresent") => {
                let holder = "another instance, whose lease ends within a minute of its own end".to_owned();
                Error::Held { path, holder }
            }
            (_, code) if LOST.contains(&code) => Error::Lost { path },
            (_, code) if code.contains("Immutable") || code.contains("LegalHold") => Error::Kept { path },
            (Some(401 | 403), _) => Error::Denied { path, source: Cause::new(error) },
            _ => Error::Io { path, doing, source: Cause::new(error) },
        }
    }
}

/// An address that cannot be a ledger's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} cannot be a ledger: {why}; https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME is wanted")]
pub struct AddressError {
    found: String,
    why: &'static str,
}

fn body_name(hash: Hash) -> String {
    format!("bodies/{hash}")
}

fn request_name(number: i64) -> String {
    format!("requests/{number:019}")
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./_".contains(&byte))
}

/// Nothing panics while it holds one of these locks.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// That a lease is not, or no longer, ours.
const LOST: &[&str] = &[
    "LeaseLost",
    "LeaseIdMismatchWithBlobOperation",
    "LeaseIdMismatchWithLeaseOperation",
    "LeaseNotPresentWithBlobOperation",
    "LeaseNotPresentWithLeaseOperation",
    "LeaseIsBrokenAndCannotBeRenewed",
];

/// What marks a text that was left as taken.
const TAKEN: &str = ".taken";

/// The service takes 50,000. Source: "Understanding block blobs, append blobs, and page blobs".
const MOST_BLOCKS: u32 = 40_000;

#[cfg(test)]
mod tests {
    use azure_core::http::{AsyncRawResponse, HttpClient, Request, Transport};

    use super::*;

    /// A client that nobody asks for anything.
    #[derive(Debug)]
    struct Unasked;

    #[async_trait]
    impl HttpClient for Unasked {
        async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
            unreachable!("an address alone sends nothing")
        }
    }

    #[test]
    fn an_address_names_container_and_blob_and_no_secret() {
        let check = |address: &str, expected: &str| {
            let transport = Some(Transport::new(Arc::new(Unasked)));
            let said = Blobs::new(address, ClientOptions { transport, ..ClientOptions::default() })
                .map_or_else(|error| error.to_string(), |blobs| blobs.address().to_owned());
            assert!(said.contains(expected), "{said}");
        };
        check(
            "https://acct.blob.core.windows.net/ledger/lockstep",
            "https://acct.blob.core.windows.net/ledger/lockstep",
        );
        check("https://acct.blob.core.windows.net/ledger/soc/one", "/ledger/soc/one");
        check("https://127.0.0.1:10000/devstoreaccount1/ledger/lockstep", "/devstoreaccount1/ledger/lockstep");
        check("http://acct.blob.core.windows.net/ledger/lockstep", "over TLS alone");
        check("https://acct.blob.core.windows.net/ledger", "a name in it are missing");
        check("https://acct.blob.core.windows.net/ledger/", "may hold letters");
        check("https://acct.blob.core.windows.net/ledger/a/../b", "/ledger/b");
        check("https://acct.blob.core.windows.net/ledger/a/.b", "may hold letters");
        check("https://acct.blob.core.windows.net/ledger/a?sig=x", "keys and signatures");
        check("ledger.db", "it is no URL");
    }
}
