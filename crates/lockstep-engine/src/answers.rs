//! Answers of analysts, given where they work: by a tag that they set on an incident. Each setting is obeyed once.

use lockstep_azure::Tagged;
use lockstep_core::{APPROVE_TAG, Item, UNDO_TAG};
use lockstep_ledger::{Answered, Approval, Approved, Asked, Event, Noted};
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::observe::Observation;
use crate::stopped::Stopped;
use crate::undo::Undo;

impl Engine {
    /// Enters what persons asked for by tags, and does it: what they approve of goes on in the next pass, what they want undone
    /// is taken back now.
    ///
    /// A yes holds for exactly what a note on the incident proposed before the tag was set. It waits while nobody can tell
    /// whether that is still what is due.
    pub(crate) async fn answer(&self, observation: &Observation, stop: &CancellationToken) -> Result<(), Stopped> {
        for tagged in &observation.tags {
            let Tagged { incident, tag, at, by } = tagged;
            let asked = match tag.to_ascii_lowercase().as_str() {
                APPROVE_TAG => Asked::Approve,
                UNDO_TAG => Asked::Undo,
                _ => continue,
            };
            let history = self.ledger.history();
            if history.is_answered(incident, asked, *at) {
                continue;
            }
            let answered = |refused: Option<String>| {
                let (incident, by, at) = (incident.clone(), by.clone(), *at);
                Event::Answered(Answered { incident, asked, by, at, refused })
            };
            let now = self.clock.now();
            // Rules and playbooks set tags, too; a yes is a person's.
            if !by.contains('@') {
                self.ledger.append(now, answered(Some("it was not set by a person".to_owned()))).await?;
                continue;
            }
            match asked {
                Asked::Approve => {
                    let noted = history.notes(incident).iter().rev().find(|note| note.proposes());
                    match weigh(tagged, noted, observation) {
                        Some(Ok((number, item))) => {
                            self.ledger.append(now, answered(None)).await?;
                            let (by, of) = (by.clone(), Approval::Note { number });
                            let approved = Approved { by, of, items: vec![item] };
                            self.ledger.append(now, Event::Approved(approved)).await?;
                        }
                        Some(Err(why)) => drop(self.ledger.append(now, answered(Some(why))).await?),
                        None => {}
                    }
                }
                Asked::Undo => match history.last_run(incident) {
                    None => drop(self.ledger.append(now, answered(Some("it was never written".to_owned()))).await?),
                    Some(run) => {
                        // Entered first: what is cut short here is not begun a second time.
                        self.ledger.append(now, answered(None)).await?;
                        let undo = Undo { run, incident: Some(incident.clone()), by: by.clone() };
                        let undone = self.undo(&undo, stop).await?;
                        let became = undone.incidents.first().map(|taken| format!("{:?}", taken.became));
                        tracing::info!(%incident, %by, ?became, "a tag asked for an undo");
                    }
                },
            }
        }
        Ok(())
    }
}

/// What is approved by a tag, and the entry of the note that proposed it; or why nothing is. `None` where nobody can tell yet.
fn weigh(tagged: &Tagged, noted: Option<&Noted>, observation: &Observation) -> Option<Result<(u64, Item), String>> {
    let Some(Noted { write, intended, .. }) = noted else {
        return Some(Err("nothing was proposed on the incident".to_owned()));
    };
    if tagged.at < intended.read {
        return Some(Err("it was set before this was proposed".to_owned()));
    }
    let waits = observation.waits(&tagged.incident)?;
    Some(match &intended.proposed {
        Some(proposed) if *proposed == waits => Ok((write.0, waits)),
        _ => Err("what is due now is not what was proposed".to_owned()),
    })
}
