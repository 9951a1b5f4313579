//! `lockstep approve`: a person's yes to what a brake holds.

use std::sync::Arc;

use lockstep_engine::Clock;
use lockstep_ledger::{Approval, Approved, Error, Event, History, Holder, Ledger, Log, OutOfOrder, leave_approval};

use super::workspace::{self, ledger_problem};
use crate::arguments::{Approve, Format};
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::{Environment, LedgerHome};

/// Shows the brakes that are on, or releases what one of them held when it was shown under its number.
///
/// # Errors
/// No brake has that number, nobody is named, or the ledger cannot be used.
pub fn run(
    home: &LedgerHome,
    options: &Approve,
    environment: &Environment,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    let log = home.log();
    let runtime = super::runtime()?;
    let history = match runtime.block_on(History::replay(&*log)) {
        // Nothing was ever held.
        Err(Error::Missing { .. }) => History::default(),
        replayed => replayed.map_err(|error| ledger_problem(&error))?,
    };
    let Some(number) = options.brake else {
        let brakes: Vec<_> = history.brakes().collect();
        match options.format {
            Format::Text => render::brakes(&brakes, screen),
            Format::Json => screen.json(&render::brakes_json(&brakes)),
        }
        return Ok(if brakes.is_empty() { ExitCode::Done } else { ExitCode::Held });
    };
    let Some(brake) = history.brakes().find(|brake| brake.held.contains_key(&number)) else {
        let problem = Problem::usage(format!("there is no brake {number} that is on"));
        return Err(problem.hint("`lockstep approve` shows those that are, and what they hold"));
    };
    let by = who(options.by.as_deref(), environment)?;
    let approved = Approved { by, of: Approval::Brake { number }, items: brake.up_to(number).into_iter().collect() };
    let left = runtime.block_on(enter(log, approved.clone())).map_err(|error| match error {
        Error::OutOfOrder(OutOfOrder::NotBraked(_)) => {
            Problem::usage(format!("brake {number} was released by somebody else just now"))
        }
        other => ledger_problem(&other),
    })?;
    match options.format {
        Format::Text => render::approved(brake, &approved, left, screen),
        Format::Json => screen.json(&render::approved_json(&approved, left)),
    }
    Ok(ExitCode::Done)
}

/// Who says yes: as named, or whoever is logged in at the terminal that the command reads from.
///
/// # Errors
/// Nobody is named.
pub fn who(named: Option<&str>, environment: &Environment) -> Result<String, Problem> {
    let logged_in = environment.user.as_deref().filter(|_| platform::is_attended());
    match named.map(str::trim).or(logged_in) {
        Some(who) if !who.is_empty() => Ok(who.to_owned()),
        _ => Err(Problem::usage("a yes is a person's, and nobody is known to sit here")
            .hint("name who says yes: --by NAME; the ledger records it")),
    }
}

/// Enters an approval, or leaves it for the instance that holds the ledger. True where it was left.
///
/// # Errors
/// The ledger cannot be used.
pub async fn enter(log: Arc<dyn Log>, approved: Approved) -> Result<bool, Error> {
    let now = Clock::system().now();
    let holder = Holder { instance: format!("approve, by {}", approved.by), since: now };
    match Ledger::open(Arc::clone(&log), &holder).await {
        Ok(ledger) => {
            let entered = ledger.append(now, Event::Approved(approved)).await;
            workspace::close(&ledger).await;
            entered.map(|_| false)
        }
        Err(Error::Held { .. }) => leave_approval(&*log, approved).await.map(|()| true),
        Err(error) => Err(error),
    }
}
