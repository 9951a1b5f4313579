//! `lockstep doctor`: whether the tenant is set up so that a pass can do its work. Writes nothing.

use lockstep_engine::{Check, Clock, LedgerFacts, LedgerFound, Status, examine};
use lockstep_ledger::{Error, History};

use super::workspace;
use crate::arguments::{Doctor, Format, Pass};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Settings;

/// Examines the tenant and shows a line of each check.
///
/// # Errors
/// The identity or the network cannot be set up as the settings say. What fails after that is a line.
pub fn run(settings: &Settings, options: Doctor, screen: &mut Screen) -> Result<ExitCode, Problem> {
    if options.format == Format::Text {
        render::header(settings, screen);
    }
    screen.status("examining ...");
    let checks = super::runtime()?.block_on(checks(settings, options))?;
    match options.format {
        Format::Text => render::checks(&checks, screen),
        Format::Json => screen.json(&render::checks_json(&checks)),
    }
    Ok(exit_code(&checks))
}

async fn checks(settings: &Settings, options: Doctor) -> Result<Vec<Check>, Problem> {
    let observer = workspace::observer(settings, Pass { format: options.format, patience: options.patience })?;
    let ledger = LedgerFacts {
        place: settings.ledger.to_string(),
        found: match History::replay(&*settings.ledger.log()).await {
            Err(Error::Missing { .. }) => LedgerFound::Nothing,
            Err(error) => LedgerFound::Unusable(error.to_string()),
            Ok(history) => LedgerFound::Ledger { entries: history.entries(), runs: history.runs().len() },
        },
    };
    let arm = settings.endpoints.arm().as_str();
    Ok(examine(&observer.workspace, arm, &observer.policy, &Clock::system(), ledger).await)
}

/// A warning ends well; what failed names the code, and what is not known is no success.
fn exit_code(checks: &[Check]) -> ExitCode {
    let failed = |names: &[&str]| checks.iter().any(|it| it.status == Status::Failed && names.contains(&it.name));
    if failed(&["ledger"]) {
        ExitCode::Ledger
    } else if failed(&["token", "rights"]) {
        ExitCode::Rights
    } else if checks.iter().any(|check| check.status >= Status::Unknown) {
        ExitCode::Input
    } else {
        ExitCode::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_says_how_it_ends() {
        let check = |found: &[(&'static str, Status)], expected| {
            let check = |(name, status): &(&'static str, Status)| Check {
                name,
                about: String::new(),
                status: *status,
                asked: "",
                found: String::new(),
                why: "",
                mend: None,
            };
            assert_eq!(exit_code(&found.iter().map(check).collect::<Vec<_>>()), expected);
        };
        check(&[("clock", Status::Ok), ("sync", Status::Warning)], ExitCode::Done);
        check(&[("clock", Status::Ok), ("plans", Status::Unknown)], ExitCode::Input);
        check(&[("sentinel", Status::Failed)], ExitCode::Input);
        check(&[("sentinel", Status::Failed), ("rights", Status::Failed)], ExitCode::Rights);
        check(&[("ledger", Status::Failed), ("token", Status::Failed)], ExitCode::Ledger);
    }
}
