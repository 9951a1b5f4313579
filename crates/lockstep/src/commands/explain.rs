//! `lockstep explain`: one incident, how it came to stand where it does, and what is made of it. Writes nothing.

use lockstep_azure::Which;
use lockstep_engine::Explanation;
use lockstep_ledger::{Entries, Entry, Error, Filter, History};

use super::workspace;
use crate::arguments::{Explain, Format};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Settings;

/// Explains the incident that was named.
///
/// # Errors
/// It is named by neither a number nor a GUID, nobody knows of it, or what stops the looking.
pub fn run(settings: &Settings, options: &Explain, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let named = options.incident.escape_debug();
    let which = Which::parse(&options.incident)
        .ok_or_else(|| Problem::usage(format!("\"{named}\" is no incident: a number or a GUID is wanted")))?;
    if options.pass.format == Format::Text {
        render::header(settings, screen);
    }
    screen.status("looking ...");
    let (explanation, entries) = super::runtime()?.block_on(explain(settings, &which, options))?;
    if explanation.timeline.is_empty() {
        let problem = Problem::usage(format!("the workspace's tables know of no incident {named}"));
        return Err(problem.hint("a new incident shows there after some minutes"));
    }
    match options.pass.format {
        Format::Text => render::explanation(&explanation, &entries, screen),
        Format::Json => screen.json(&render::explanation_json(settings, &explanation, &entries)),
    }
    Ok(ExitCode::Done)
}

async fn explain(settings: &Settings, which: &Which, options: &Explain) -> Result<(Explanation, Vec<Entry>), Problem> {
    let observer = workspace::observer(settings, options.pass)?;
    let log = settings.ledger.log();
    let history = match History::replay(&*log).await {
        Err(Error::Missing { .. }) => None,
        replayed => Some(replayed.map_err(|error| workspace::ledger_problem(&error))?),
    };
    let known = history.clone().unwrap_or_default();
    let explanation = observer.explain(which, &known).await.map_err(|stopped| workspace::stopped(&stopped))?;
    let entries = match (&history, &explanation.judged) {
        (Some(_), Some(judged)) => {
            let filter = Filter { incident: Some(judged.incident.id.clone()), ..Filter::default() };
            Entries::new(log, filter).all().await.map_err(|error| workspace::ledger_problem(&error))?
        }
        _ => Vec::new(),
    };
    Ok((explanation, entries))
}
