//! `lockstep ledger`: what was done, read from the ledger while anybody may be writing to it.

use std::path::Path;
use std::sync::Arc;

use lockstep_core::IncidentId;
use lockstep_ledger::{Entries, Filter, Log, RunId, Sqlite, verify};

use super::workspace::ledger_problem;
use crate::arguments::{Format, Ledger};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};

/// Shows the entries that are wanted, or checks them all.
///
/// # Errors
/// There is no ledger, it cannot be read, or it does not hold.
pub fn run(path: &Path, options: &Ledger, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let filter = filter(options)?;
    let log: Arc<dyn Log> = Arc::new(Sqlite::new(path));
    let runtime = super::runtime()?;
    if options.verify {
        let verified = runtime.block_on(verify(&log)).map_err(|error| ledger_problem(&error))?;
        match options.format {
            Format::Text => render::verified(path, &verified, screen),
            Format::Json => screen.json(&render::verified_json(&verified)),
        }
        return Ok(ExitCode::Done);
    }
    let entries = runtime.block_on(Entries::new(log, filter).all()).map_err(|error| ledger_problem(&error))?;
    match options.format {
        Format::Text => render::entries(&entries, screen),
        Format::Json => screen.json(&render::entries_json(&entries)),
    }
    Ok(ExitCode::Done)
}

fn filter(options: &Ledger) -> Result<Filter, Problem> {
    let not_a_guid = |what: &str, found: &str| {
        let found = found.escape_debug();
        Problem::usage(format!(
            "\"{found}\" is no {what}: a GUID such as 6f1e2d3c-4b5a-4988-8776-655443322110 is wanted"
        ))
    };
    let run = options.run.as_deref().map(|text| RunId::parse(text).ok_or_else(|| not_a_guid("run", text)));
    let incident =
        options.incident.as_deref().map(|text| IncidentId::parse(text).ok_or_else(|| not_a_guid("incident", text)));
    Ok(Filter { numbers: None, run: run.transpose()?, incident: incident.transpose()? })
}
