//! Lines as they lie in a blob, and what an error of the service says.

use azure_core::error::ErrorKind;
use lockstep_core::Time;
use serde::{Deserialize, Serialize};

use crate::chain::{Hash, Line};

/// A line, as it lies in a blob.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    number: u64,
    /// Ticks of 100 ns since 1970.
    at: i64,
    event: String,
    previous: Hash,
    hash: Hash,
}

/// Lines as one block.
pub fn block(lines: &[Line]) -> Vec<u8> {
    let mut block = Vec::new();
    for Line { number, at, event, previous, hash } in lines {
        let record = Record { number: *number, at: at.ticks(), event: event.clone(), previous: *previous, hash: *hash };
        block.extend(serde_json::to_vec(&record).expect("records hold texts and numbers"));
        block.push(b'\n');
    }
    block
}

/// Reads a line.
///
/// # Errors
///
/// What is wrong with it.
pub fn line(text: &[u8]) -> Result<Line, String> {
    let Record { number, at, event, previous, hash } =
        serde_json::from_slice(text).map_err(|error| error.to_string())?;
    Ok(Line { number, at: Time::from_ticks(at), event, previous, hash })
}

/// The service's code for what went wrong.
pub fn code(error: &azure_core::Error) -> Option<&str> {
    match error.kind() {
        ErrorKind::HttpResponse { error_code, .. } => error_code.as_deref(),
        _ => None,
    }
}

/// The status of the answer, where there was one.
pub fn status(error: &azure_core::Error) -> Option<u16> {
    error.http_status().map(u16::from)
}
