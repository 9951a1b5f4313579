//! Finding out what became of a write that nobody heard back from: by reading the incident, never by writing again.

use lockstep_azure::{Fault, FreshIncident, Workspace};
use lockstep_core::IncidentState;
use lockstep_ledger::{Error, Event, Intended, OpenIntent, Settled, WriteId};

use crate::engine::Engine;

/// Settles every write that the ledger has no outcome of. What cannot be read stays open, and its incident is left alone.
pub(crate) async fn settle(engine: &Engine) -> Result<(), Error> {
    let open: Vec<WriteId> = engine.ledger.history().open_intents().map(|open| open.write).collect();
    for write in open {
        settle_write(engine, &engine.observer.workspace, write).await?;
    }
    Ok(())
}

/// Settles one write: whether it happened, or `None` where that could not be found out. `Err` is the ledger's alone.
pub(crate) async fn settle_write(
    engine: &Engine,
    workspace: &Workspace,
    write: WriteId,
) -> Result<Option<bool>, Error> {
    let history = engine.ledger.history();
    let Some(OpenIntent { intended, .. }) = history.open_intents().find(|open| open.write == write) else {
        return Ok(None);
    };
    let (happened, how) = match workspace.incident(&intended.incident).await {
        Ok(fresh) => weigh(intended, &fresh),
        Err(error) if matches!(error.fault, Fault::NotFound { .. }) => (false, "the incident does not exist any more"),
        Err(error) => {
            tracing::warn!(incident = %intended.incident, %error, "what became of a write could not be found out");
            return Ok(None);
        }
    };
    let settled = Settled { write, happened, how: how.into() };
    engine.ledger.append(engine.clock.now(), Event::Settled(settled)).await?;
    Ok(Some(happened))
}

/// Whether the incident as it is now shows that the write happened.
///
/// Where somebody wrote the incident in the meantime and it stands elsewhere, nobody can tell. It is then taken as having
/// happened: what stands there now is a later word, and a later word is not to be overwritten.
fn weigh(intended: &Intended, now: &FreshIncident) -> (bool, &'static str) {
    if now.version == intended.before.etag {
        return (false, "the incident is still the version that was read before the write");
    }
    match (&now.state, &intended.after) {
        (IncidentState::Closed(Some(now)), IncidentState::Closed(Some(wanted))) if now == wanted => {
            (true, "the incident carries the closing text of this run")
        }
        (now, wanted) if now == wanted => (true, "the incident stands where the write would have left it"),
        _ => (true, "somebody wrote the incident since; their word stands"),
    }
}
