//! Writing notes to whoever works on an incident: one intent, one comment, one tag, one outcome.

use lockstep_azure::{Error, Fault, LONGEST_COMMENT, WriteError};
use lockstep_ledger::{Done, Event, Hash, InDoubt, NoteIntended, WriteId};
use tokio_util::sync::CancellationToken;

use super::{CarryOut, text};
use crate::notes::{Note, NoteWritten};
use crate::outcome::NotTried;
use crate::settle::settle_write;

impl CarryOut<'_> {
    /// Writes the notes, one after the other. The first that is throttled leaves the rest for the next pass.
    pub(crate) async fn note_all(&self, notes: &[Note], stop: &CancellationToken) -> Vec<NoteWritten> {
        let mut written = Vec::new();
        for note in notes {
            if self.ended().is_some() || stop.is_cancelled() {
                break;
            }
            let (incident, number) = (note.incident.clone(), note.number);
            match self.note(note).await {
                Ok(Kept::Written) => written.push(NoteWritten { incident, number, failed: None }),
                Ok(Kept::Failed(why)) => written.push(NoteWritten { incident, number, failed: Some(why) }),
                Ok(Kept::Later) => break,
                Err(error) => {
                    self.end_for(NotTried::Ledger(error.to_string()));
                    break;
                }
            }
        }
        written
    }

    /// One intent, one comment, one tag, one outcome. `Err` is the ledger's alone.
    async fn note(&self, note: &Note) -> Result<Kept, lockstep_ledger::Error> {
        let workspace = self.workspace();
        let read = match workspace.incident(&note.incident).await {
            Ok(fresh) if fresh.labels.iter().any(|label| label.eq_ignore_ascii_case("Redirected")) => {
                return Ok(Kept::Failed("it was merged into another incident".to_owned()));
            }
            Ok(fresh) => fresh,
            Err(error) => return Ok(Kept::Failed(error.to_string())),
        };
        let intended = NoteIntended {
            run: self.run(),
            incident: note.incident.clone(),
            number: note.number,
            comment: note.comment,
            text: note.text.clone(),
            tag: note.tag.map(str::to_owned),
            proposed: note.proposed.clone(),
            read: read.at,
            acted: note.acted.clone(),
            signed_by: Some(self.engine().identity.instance.clone()),
        };
        let entry = self.enter(Event::NoteIntended(intended)).await?;
        let write = WriteId(entry.number);
        let message = entry.mark().map_or(note.text.clone(), |mark| mark.sign(&note.text, LONGEST_COMMENT));
        if let Err(error) = workspace.put_comment(&note.incident, note.comment, &message).await {
            return self.not_kept(write, error).await;
        }
        for _ in 0..TRIES {
            // The comment made another version.
            let fresh = match workspace.incident(&note.incident).await {
                Ok(fresh) => fresh,
                Err(error) => return self.unheard(write, error.to_string()).await,
            };
            let tag = note.tag.filter(|tag| !fresh.labels.iter().any(|label| label.eq_ignore_ascii_case(tag)));
            let tagged = match tag {
                None => Ok(fresh),
                Some(tag) => workspace.tag_incident(&fresh, tag).await,
            };
            match tagged {
                Ok(now) => {
                    let (etag, body) = (Some(now.version.clone()), Hash::of(text(now.document())));
                    self.enter(Event::Done(Done { write, etag, modified: Some(now.modified), body })).await?;
                    return Ok(Kept::Written);
                }
                Err(WriteError::Changed(_)) => {}
                Err(error) => return self.not_kept(write, error).await,
            }
        }
        self.refused(write, "changed").await?;
        Ok(Kept::Failed("it kept changing".to_owned()))
    }

    async fn not_kept(&self, write: WriteId, error: WriteError) -> Result<Kept, lockstep_ledger::Error> {
        match error {
            WriteError::InDoubt(error) => self.unheard(write, error.to_string()).await,
            WriteError::Later { .. } => {
                self.refused(write, "throttled").await?;
                Ok(Kept::Later)
            }
            WriteError::Changed(error) | WriteError::Refused(error) => {
                self.refused(write, class(&error)).await?;
                Ok(Kept::Failed(error.to_string()))
            }
        }
    }

    /// Nobody heard back: the tag tells.
    async fn unheard(&self, write: WriteId, why: String) -> Result<Kept, lockstep_ledger::Error> {
        self.enter(Event::InDoubt(InDoubt { write, why: why.clone() })).await?;
        Ok(match settle_write(self.engine(), self.workspace(), write).await? {
            Some(true) => Kept::Written,
            Some(false) | None => Kept::Failed(why),
        })
    }
}

/// What became of one note.
enum Kept {
    Written,
    Failed(String),
    Later,
}

fn class(error: &Error) -> &'static str {
    match error.fault {
        Fault::Conflict { .. } => "changed",
        _ if error.is_about_rights() => "rights",
        _ => "refused",
    }
}

/// How often a tag is tried where the world keeps moving.
const TRIES: usize = 3;
