//! `lockstep ledger`: what was done, read from the ledger while anybody may be writing to it; and its upkeep.

mod lost;

use lockstep_core::{IncidentId, Time};
use lockstep_engine::Clock;
use lockstep_ledger::{Entries, Entry, Error, Filter, Holder, RunId, prune, verify};

use serde_json::json;

use super::workspace::{self, ledger_problem};
use crate::arguments::{Common, Export, Format, Ledger, LedgerCommand, LedgerFilter, Pass, Prune};
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::render::{self, Redaction, Screen};
use crate::settings::{self, Environment, LedgerHome, Settings};

/// Shows the entries that are wanted, checks them all, hands them out or removes bodies.
///
/// # Errors
/// There is no ledger, it cannot be read, or it does not hold; or the workspace that it is compared with cannot be read.
pub fn run(
    common: &Common,
    options: &Ledger,
    environment: &Environment,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    let everything = || Settings::read(common, environment);
    let home = || settings::ledger(common, environment);
    match &options.command {
        None => list(&home()?, &options.list.filter, options.list.format, screen),
        Some(LedgerCommand::List(list)) => self::list(&home()?, &list.filter, list.format, screen),
        Some(LedgerCommand::Show { entry }) => show(&home()?, *entry, screen),
        Some(LedgerCommand::Export(export)) => self::export(&home()?, export, screen),
        Some(LedgerCommand::Verify(options)) if options.against_workspace => {
            compare(&everything()?, options.pass, screen)
        }
        Some(LedgerCommand::Verify(options)) => check(&home()?, options.pass.format, screen),
        Some(LedgerCommand::Prune(options)) => remove(&home()?, options, screen),
        Some(LedgerCommand::Rebuild(options)) => lost::rebuild(&everything()?, options, environment, screen),
        Some(LedgerCommand::AcceptNewStart(options)) => lost::accept(&everything()?, options, environment, screen),
    }
}

fn list(home: &LedgerHome, wanted: &LedgerFilter, format: Format, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let entries = read(home, filter(wanted)?)?;
    match format {
        Format::Text => render::entries(&entries, screen),
        Format::Json => screen.json(&render::entries_json(&entries, Redaction::None)),
    }
    Ok(ExitCode::Done)
}

/// One entry with the bodies that it names.
fn show(home: &LedgerHome, number: u64, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let entries = read(home, Filter { numbers: Some(number..=number), ..Filter::default() })?;
    let Some(entry) = entries.first() else {
        return Err(Problem::usage(format!("{home} has no entry {number}")));
    };
    let log = home.log();
    let runtime = super::runtime()?;
    let body = |hash| runtime.block_on(log.body(hash)).map_err(|error| ledger_problem(&error));
    let bodies: Result<Vec<_>, Problem> =
        entry.event.bodies().map(|named| Ok((named.hash(), body(named.hash())?))).collect();
    screen.json(&render::entry_json(entry, &bodies?));
    Ok(ExitCode::Done)
}

fn export(home: &LedgerHome, options: &Export, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let entries = read(home, filter(&options.filter)?)?;
    let redaction = if options.redact { Redaction::Names } else { Redaction::None };
    let text = match options.format {
        crate::arguments::ExportFormat::Json => {
            let json = render::entries_json(&entries, redaction);
            serde_json::to_string_pretty(&json).expect("entries have text keys") + "\n"
        }
        crate::arguments::ExportFormat::Csv => render::entries_csv(&entries, redaction),
    };
    match &options.output {
        None => screen.bytes(text.as_bytes()),
        Some(file) => {
            platform::write_private(file, &text)
                .map_err(|error| Problem::usage(format!("{} cannot be written", file.display())).because(&error))?;
            screen.note(&format!("wrote {} entries to {}", entries.len(), render::safe(&file.display().to_string())));
        }
    }
    Ok(ExitCode::Done)
}

fn check(home: &LedgerHome, format: Format, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let log = home.log();
    let verified = super::runtime()?.block_on(verify(&log)).map_err(|error| ledger_problem(&error))?;
    match format {
        Format::Text => render::verified(home, &verified, screen),
        Format::Json => screen.json(&render::verified_json(&verified)),
    }
    Ok(ExitCode::Done)
}

/// The ledger by itself, and beside what the workspace tells.
fn compare(settings: &Settings, options: Pass, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let log = settings.ledger.log();
    if options.format == Format::Text {
        render::header(settings, screen);
    }
    screen.status("looking ...");
    let (verified, comparison) = super::runtime()?.block_on(async {
        let verified = verify(&log).await.map_err(|error| ledger_problem(&error))?;
        let observer = workspace::observer(settings, options)?;
        let compared = observer.compare(&log, &settings.instance).await;
        Ok::<_, Problem>((verified, compared.map_err(|why| workspace::stopped(&why))?))
    })?;
    match options.format {
        Format::Text => {
            render::verified(&settings.ledger, &verified, screen);
            render::comparison(&comparison, screen);
        }
        Format::Json => {
            let workspace = render::comparison_json(&comparison);
            screen.json(&json!({ "ledger": render::verified_json(&verified), "workspace": workspace }));
        }
    }
    Ok(if comparison.holds() { ExitCode::Done } else { ExitCode::Ledger })
}

fn remove(home: &LedgerHome, options: &Prune, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let now = Clock::system().now();
    let age = i64::try_from(options.older_than.as_secs()).unwrap_or(i64::MAX);
    let cutoff = Time::from_ticks(now.ticks().saturating_sub(age.saturating_mul(Time::TICKS_PER_SECOND)));
    let pruned = super::runtime()?.block_on(async {
        // Where there is no ledger, none is to be made.
        lockstep_ledger::History::replay(&*home.log()).await?;
        let holder = Holder { instance: "ledger prune".to_owned(), since: now };
        let ledger = lockstep_ledger::Ledger::open(home.log(), &holder).await?;
        let pruned = prune(&ledger, cutoff, now).await;
        workspace::close(&ledger).await;
        pruned
    });
    let pruned = pruned.map_err(|error: Error| ledger_problem(&error))?;
    screen.line(&match pruned {
        None => "Nothing to remove.".to_owned(),
        Some((checkpoint, count)) => format!(
            "Removed {count} bod{} that only entries up to {} name; their hashes stay. What those entries wrote cannot be undone any more.",
            if count == 1 { "y" } else { "ies" },
            checkpoint.up_to
        ),
    });
    Ok(ExitCode::Done)
}

fn read(home: &LedgerHome, filter: Filter) -> Result<Vec<Entry>, Problem> {
    let log = home.log();
    super::runtime()?.block_on(Entries::new(log, filter).all()).map_err(|error| ledger_problem(&error))
}

fn filter(wanted: &LedgerFilter) -> Result<Filter, Problem> {
    let run = wanted.run.as_deref().map(run_id).transpose()?;
    let incident = wanted.incident.as_deref().map(incident_id).transpose()?;
    Ok(Filter { numbers: None, run, incident })
}

/// Reads a run as somebody typed it.
///
/// # Errors
/// It is no GUID.
pub fn run_id(text: &str) -> Result<RunId, Problem> {
    RunId::parse(text).ok_or_else(|| not_a_guid("run", text))
}

/// Reads an incident as somebody typed it.
///
/// # Errors
/// It is no GUID.
pub fn incident_id(text: &str) -> Result<IncidentId, Problem> {
    IncidentId::parse(text).ok_or_else(|| not_a_guid("incident", text))
}

fn not_a_guid(what: &str, found: &str) -> Problem {
    let found = found.escape_debug();
    Problem::usage(format!("\"{found}\" is no {what}: a GUID such as 6f1e2d3c-4b5a-4988-8776-655443322110 is wanted"))
}
