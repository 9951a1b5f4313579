//! Where the ledger lies: a file on a local disk, or append blobs of a storage account.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use lockstep_azure::{Auth, Authorities, Endpoints, HttpClient, Network, Scope, storage_options};
use lockstep_ledger::{Blobs, Log, Sqlite};

use super::file::{Document, LedgerTable, Text};
use crate::arguments::Common;
use crate::problem::Problem;

/// A ledger's home. Nothing in it is touched until something is read or written.
#[derive(Clone, Debug)]
pub struct LedgerHome {
    shown: String,
    log: Arc<dyn Log>,
}

impl LedgerHome {
    /// A file.
    pub fn file(path: &Path) -> Self {
        Self { shown: path.display().to_string(), log: Arc::new(Sqlite::new(path)) }
    }

    /// What keeps its lines.
    pub fn log(&self) -> Arc<dyn Log> {
        Arc::clone(&self.log)
    }
}

impl fmt::Display for LedgerHome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The address on the command line, where it is one and no path.
pub fn typed_address(common: &Common) -> Option<&str> {
    common.ledger.as_deref().and_then(Path::to_str).filter(|typed| is_address(typed))
}

/// How a storage account is reached.
pub struct Access<'a> {
    pub auth: &'a Auth,
    pub scope: &'a Scope,
    pub endpoints: &'a Endpoints,
    pub authorities: Authorities<'a>,
}

/// The home that the command line or the settings name.
///
/// # Errors
/// Two are named, or the address is none.
pub fn home(
    document: &Document,
    table: Option<LedgerTable>,
    common: &Common,
    access: &Access<'_>,
) -> Result<LedgerHome, Problem> {
    if let Some(address) = typed_address(common) {
        return blobs(address, access).map_err(|problem| Problem::usage(format!("--ledger: {problem}")));
    }
    if let Some(path) = &common.ledger {
        return Ok(LedgerHome::file(path));
    }
    match table.map(|table| (table.path, table.url)) {
        Some((Some(_), Some(url))) => {
            Err(document.wrong(Some(&url), "two places are named for the ledger", "one of path and url is wanted"))
        }
        Some((None, Some(url))) => blobs(url.get_ref(), access).map_err(|found| wrong(document, &url, &found)),
        Some((Some(path), None)) => Ok(LedgerHome::file(&document.beside(&path))),
        Some((None, None)) | None => Ok(LedgerHome::file(&document.beside(Path::new(LEDGER)))),
    }
}

fn wrong(document: &Document, url: &Text, found: &str) -> Problem {
    document.wrong(Some(url), found, "an address of append blobs is wanted")
}

fn blobs(address: &str, access: &Access<'_>) -> Result<LedgerHome, String> {
    let network = Network::new(access.authorities).map_err(|error| error.to_string())?;
    let client: Arc<dyn HttpClient> = Arc::new(network);
    let options = storage_options(access.auth.clone(), access.scope.tenant(), access.endpoints, &client)
        .map_err(|error| error.to_string())?;
    let blobs = Blobs::new(address, options).map_err(|error| error.to_string())?;
    Ok(LedgerHome { shown: blobs.address().to_owned(), log: Arc::new(blobs) })
}

fn is_address(typed: &str) -> bool {
    typed.starts_with("https://") || typed.starts_with("http://")
}

/// Beside the settings, where nothing else is said.
pub const LEDGER: &str = "lockstep-ledger.db";
