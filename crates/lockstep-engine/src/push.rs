//! Moving alerts after their incident: one intent, one request and one read for each.
//!
//! An alert has no version that a write could be bound to. It is read last before it is moved, and again afterwards: success
//! alone says little. Setting an alert to where it stands changes nothing, so that a second try cannot do harm.

use lockstep_azure::WriteError;
use lockstep_core::{Alert, AlertAct, AlertPlace, Course, Push};
use lockstep_ledger::{AlertIntended, AlertRead, Done, Event, Followed, Hash, InDoubt, Refused, WriteId};
use tokio_util::sync::CancellationToken;

use crate::carry_out::{CarryOut, FRESH, body, text};
use crate::confirm::{Decided, Judged};
use crate::outcome::{Fate, NotTried, Pushed};
use crate::settle::settle_write;

impl CarryOut<'_> {
    /// Moves every alert that is to follow its incident, one after the other in the plan's order.
    pub(crate) async fn push_all(&self, due: &[Judged<Push>], stop: &CancellationToken) -> Vec<Pushed> {
        let mut pushed = Vec::new();
        for judged in due {
            pushed.extend(self.push(judged, stop).await);
        }
        pushed
    }

    async fn push(&self, planned: &Judged<Push>, stop: &CancellationToken) -> Vec<Pushed> {
        let outcome = |push: &Push, at: usize, fate| {
            let (alert, act) = push.acts[at].clone();
            Pushed { incident: push.incident.clone(), number: push.number, alert, act, fate }
        };
        let mut judged = planned.clone();
        let mut pushed = Vec::new();
        for at in 0..planned.due.acts.len() {
            let (alert, act) = &planned.due.acts[at];
            let waited = tokio::select! {
                waited = self.workspace().turn_for_alert(*act) => waited,
                () = stop.cancelled() => {
                    pushed.push(outcome(&planned.due, at, Fate::NotTried(NotTried::Stopping)));
                    continue;
                }
            };
            if waited || judged.read.began.elapsed() > FRESH {
                let course = Course::Outward(Vec::new());
                let history = self.engine().ledger.history();
                judged = match self.eyes(&history).look(&judged.read.confirmed.incident, Some(&course)).await {
                    Decided::Push(fresh) => fresh,
                    Decided::Change(_) | Decided::Awaits(..) => {
                        pushed.push(outcome(&planned.due, at, Fate::NotDue(NO_LONGER.into())));
                        continue;
                    }
                    Decided::Leave(_, reason) => {
                        pushed.push(outcome(&planned.due, at, Fate::NotDue(reason.to_string())));
                        continue;
                    }
                };
            }
            let is_due = judged.due.acts.iter().any(|(it, still)| it.id == alert.id && still == act);
            let fate = if !is_due {
                Fate::NotDue(NO_LONGER.into())
            } else if let Some(why) = self.ended().or(stop.is_cancelled().then_some(NotTried::Stopping)) {
                Fate::NotTried(why)
            } else {
                match self.act(&judged, alert, *act).await {
                    Ok(fate) => fate,
                    Err(error) => Fate::NotTried(self.end_for(NotTried::Ledger(error.to_string()))),
                }
            };
            pushed.push(outcome(&planned.due, at, fate));
        }
        pushed
    }

    /// One intent, one request, one read, one outcome. `Err` is the ledger's alone.
    async fn act(&self, judged: &Judged<Push>, alert: &Alert, act: AlertAct) -> Result<Fate, lockstep_ledger::Error> {
        let Some(place) = &alert.place else { return Ok(Fate::NotDue("nobody knows where the alert is".into())) };
        let entry = self.enter(Event::AlertIntended(self.alert_intended(judged, alert, place, act))).await?;
        let write = WriteId(entry.number);
        match self.workspace().act_on_alert(place, act).await {
            Ok(()) => self.verify(write, place, act).await,
            Err(WriteError::InDoubt(error)) => {
                let why = error.to_string();
                self.enter(Event::InDoubt(InDoubt { write, why: why.clone() })).await?;
                Ok(match settle_write(self.engine(), self.workspace(), write).await? {
                    Some(true) => Fate::Moved,
                    Some(false) => Fate::Refused(why),
                    None => Fate::InDoubt(why),
                })
            }
            Err(WriteError::Changed(error) | WriteError::Later { error, .. }) => {
                self.enter(Event::Refused(Refused { write, error: "later".into() })).await?;
                Ok(Fate::Refused(error.to_string()))
            }
            Err(WriteError::Refused(error)) => {
                let is_about_rights = error.is_about_rights();
                let class = if is_about_rights { "rights" } else { "refused" };
                self.enter(Event::Refused(Refused { write, error: class.into() })).await?;
                Ok(if is_about_rights {
                    Fate::NotTried(self.end_for(NotTried::Rights(error.to_string())))
                } else {
                    Fate::Refused(error.to_string())
                })
            }
        }
    }

    /// Reads an alert after the service said that it was moved. Where it stands as before and its ARM id names a resource
    /// group, the form without one is tried once.
    async fn verify(&self, write: WriteId, place: &AlertPlace, act: AlertAct) -> Result<Fate, lockstep_ledger::Error> {
        let mut again = AlertPlace::new(place.subscription(), None, place.location(), place.name())
            .filter(|_| place.resource_group().is_some());
        loop {
            let read = self.workspace().alert(place).await;
            if let Ok(fresh) = &read
                && fresh.state == act.leads_to()
            {
                let body = fresh.document().map_or(Hash::of(""), |document| Hash::of(text(document)));
                self.enter(Event::Done(Done { write, etag: None, modified: None, body })).await?;
                return Ok(Fate::Moved);
            }
            if read.is_ok()
                && let Some(place) = again.take()
                && self.workspace().act_on_alert(&place, act).await.is_ok()
            {
                continue;
            }
            let why = match read {
                Ok(fresh) => format!("the service answered with success, but shows the alert as {}", fresh.state),
                Err(error) => error.to_string(),
            };
            self.enter(Event::InDoubt(InDoubt { write, why: why.clone() })).await?;
            return Ok(Fate::InDoubt(why));
        }
    }

    fn alert_intended(&self, judged: &Judged<Push>, alert: &Alert, place: &AlertPlace, act: AlertAct) -> AlertIntended {
        let Judged { due, read } = judged;
        let at = read.confirmed.incident.alerts.iter().position(|it| it.id == alert.id);
        let document = at.and_then(|at| read.documents[at].as_ref());
        let followed = Followed { incident: due.incident.clone(), number: due.number, state: due.state.clone() };
        let others = alert.elsewhere.iter().filter_map(|other| {
            let state = other.state.clone()?;
            Some(Followed { incident: other.incident.clone(), number: 0, state })
        });
        AlertIntended {
            run: self.run(),
            before: AlertRead { id: alert.id.clone(), state: alert.state.clone(), body: document.map(body) },
            place: place.clone(),
            act,
            follows: std::iter::once(followed).chain(others).collect(),
            reason: format!("incident {} is {}", due.number, due.state),
        }
    }
}

const NO_LONGER: &str = "it is no longer due";
