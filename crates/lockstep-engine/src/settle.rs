//! Finding out what became of a write that nobody heard back from: by reading the incident, never by writing again.

use lockstep_azure::{Fault, FreshIncident, Workspace};
use lockstep_core::IncidentState;
use lockstep_ledger::{AlertIntended, Error, Event, Intended, Intent, NoteIntended, OpenIntent, Settled, WriteId};

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
    let found = match intended {
        Intent::Incident(intended) => weigh_incident(workspace, intended).await,
        Intent::Alert(intended) => weigh_alert(workspace, intended).await,
        Intent::Note(intended) => weigh_note(workspace, intended).await,
    };
    let Some((happened, how)) = found else { return Ok(None) };
    let settled = Settled { write, happened, how: how.into() };
    engine.ledger.append(engine.clock.now(), Event::Settled(settled)).await?;
    Ok(Some(happened))
}

async fn weigh_incident(workspace: &Workspace, intended: &Intended) -> Option<(bool, &'static str)> {
    match workspace.incident(&intended.incident).await {
        Ok(fresh) => Some(weigh(intended, &fresh)),
        Err(error) if matches!(error.fault, Fault::NotFound { .. }) => {
            Some((false, "the incident does not exist any more"))
        }
        Err(error) => {
            tracing::warn!(incident = %intended.incident, %error, "what became of a write could not be found out");
            None
        }
    }
}

/// Whether the alert as it is now shows that the write happened. Writing it to where it stands changes nothing, so that it
/// does not matter who brought it there.
async fn weigh_alert(workspace: &Workspace, intended: &AlertIntended) -> Option<(bool, &'static str)> {
    let AlertIntended { before, place, act, .. } = intended;
    match workspace.alert(place).await {
        Ok(now) if now.state == act.leads_to() => Some((true, "the alert stands where the write would have left it")),
        Ok(now) if now.state == before.state => Some((false, "the alert still stands where it stood before the write")),
        Ok(_) => Some((true, "somebody moved the alert since; their word stands")),
        Err(error) => {
            tracing::warn!(alert = %before.id, %error, "what became of a write could not be found out");
            None
        }
    }
}

/// Whether the incident has the tag, which is written last. A note without one may be written again: it is still one comment.
async fn weigh_note(workspace: &Workspace, intended: &NoteIntended) -> Option<(bool, &'static str)> {
    let Some(tag) = &intended.tag else { return Some((false, "a comment that is written again is still one")) };
    match workspace.incident(&intended.incident).await {
        Ok(fresh) if fresh.labels.iter().any(|label| label.eq_ignore_ascii_case(tag)) => {
            Some((true, "the incident has the tag"))
        }
        Ok(_) => Some((false, "the incident has no such tag")),
        Err(error) if matches!(error.fault, Fault::NotFound { .. }) => {
            Some((false, "the incident does not exist any more"))
        }
        Err(error) => {
            tracing::warn!(incident = %intended.incident, %error, "what became of a note could not be found out");
            None
        }
    }
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
