//! The ledger as the one instance that writes to it holds it.

use std::sync::{Arc, Mutex, PoisonError};

use lockstep_core::Time;
use tokio::sync::oneshot;

use crate::chain::Hash;
use crate::error::Error;
use crate::event::{Approved, Body, Entry, Event};
use crate::format;
use crate::history::History;
use crate::log::{Holder, Lease, Log};

/// A ledger that this instance alone appends to, until it is dropped.
///
/// Cheap to clone; every clone is the same ledger. Runs under tokio, also under its paused clock.
#[derive(Clone, Debug)]
pub struct Ledger {
    desk: Arc<Desk>,
}

impl Ledger {
    /// Takes the lease of a log, makes the log where there is none, and replays it.
    ///
    /// # Errors
    ///
    /// [`Error::Held`] where another instance has the lease; [`Error::Broken`] where the chain does not hold; or what keeps
    /// the log from being read.
    pub async fn open(log: Arc<dyn Log>, holder: &Holder) -> Result<Self, Error> {
        let lease = log.lease(holder).await?;
        let history = History::replay(&*log).await?;
        let desk = Desk { log, lease, history: Mutex::new(Arc::new(history)), queue: Mutex::default() };
        Ok(Self { desk: Arc::new(desk) })
    }

    /// Enters an event, and returns once it is durable.
    ///
    /// Appends that arrive while another is being written are written together. Once this has been polled, the entry is made
    /// even if the caller stops waiting.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfOrder`] where the event may not follow what was entered before. [`Error::Full`], [`Error::Io`] and the
    /// like where it could not be written: then the effect that it announces must not take place. The next append first
    /// looks at what the log holds.
    pub async fn append(&self, at: Time, event: Event) -> Result<Entry, Error> {
        let (answer, answered) = oneshot::channel();
        if self.desk.enqueue(Waiting { at, event, answer }) {
            tokio::spawn(Arc::clone(&self.desk).write());
        }
        answered.await.unwrap_or(Err(Error::Stopped))
    }

    /// Enters the approvals that were left with [`leave_approval`](crate::leave_approval) since this was last called.
    ///
    /// Answers each with its entry, or with why it was not entered: it is out of order, or no approval at all. Either way
    /// it is not answered a second time.
    ///
    /// # Errors
    ///
    /// What keeps them from being read or entered. What was not entered then stays where it was left.
    pub async fn take_approvals(&self, at: Time) -> Result<Vec<Result<Entry, Refusal>>, Error> {
        let mut answers = Vec::new();
        for (request, text) in self.desk.log.left().await? {
            let answer = match format::decode(&text) {
                Ok(event @ Event::Approved(_)) => match self.append(at, event).await {
                    Ok(entry) => Ok(entry),
                    Err(Error::OutOfOrder(why)) => Err(Refusal(why.to_string())),
                    Err(error) => return Err(error),
                },
                _ => Err(Refusal("it is no approval".to_owned())),
            };
            self.desk.log.forget(&self.desk.lease, request).await?;
            answers.push(answer);
        }
        Ok(answers)
    }

    /// Removes bodies. The checkpoint that says so comes first; [`prune`](crate::prune) does both.
    pub(crate) async fn remove(&self, bodies: Vec<Hash>) -> Result<(), Error> {
        self.desk.log.remove(&self.desk.lease, bodies).await
    }

    /// What the entries made so far come to. It does not change; ask again after an append.
    ///
    /// Free to ask; but the first append made while an answer is still held copies it, so let go of it before writing much.
    pub fn history(&self) -> Arc<History> {
        Arc::clone(&locked(&self.desk.history))
    }

    /// Gives the lease back. Every clone of this ledger can only read from then on.
    ///
    /// # Errors
    ///
    /// What keeps it from being given back; then it ends by itself.
    pub async fn close(&self) -> Result<(), Error> {
        self.desk.log.release(&self.desk.lease).await
    }

    /// What keeps the lines, for reading entries and bodies.
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.desk.log
    }
}

/// Leaves an approval for the instance that holds the lease of `log`, which enters it before its next pass.
///
/// # Errors
///
/// What keeps it from being left.
pub async fn leave_approval(log: &dyn Log, approved: Approved) -> Result<(), Error> {
    log.leave(format::encode(&Event::Approved(approved))).await
}

/// Why an approval that was left was not entered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

/// Where appends wait for their turn.
#[derive(Debug)]
struct Desk {
    log: Arc<dyn Log>,
    lease: Lease,
    history: Mutex<Arc<History>>,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether a task works the queue off.
    writing: bool,
    /// Whether a failed append leaves open what the log holds.
    behind: bool,
}

#[derive(Debug)]
struct Waiting {
    at: Time,
    event: Event,
    answer: oneshot::Sender<Result<Entry, Error>>,
}

impl Desk {
    /// Puts an append in the queue. True where nobody works the queue off yet.
    fn enqueue(&self, waiting: Waiting) -> bool {
        let mut queue = locked(&self.queue);
        queue.waiting.push(waiting);
        !std::mem::replace(&mut queue.writing, true)
    }

    /// Works the queue off. A task of its own, so that a caller who stops waiting does not stop it halfway.
    async fn write(self: Arc<Self>) {
        while let Some(batch) = self.next_batch() {
            self.commit(batch).await;
        }
    }

    fn next_batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = locked(&self.queue);
        if queue.waiting.is_empty() {
            queue.writing = false;
            return None;
        }
        Some(std::mem::take(&mut queue.waiting))
    }

    /// Enters a batch in one transaction, and answers everybody in it.
    async fn commit(&self, batch: Vec<Waiting>) {
        if let Err(error) = self.catch_up().await {
            batch.into_iter().for_each(|waiting| answer(waiting.answer, Err(error.clone())));
            return;
        }
        let mut tail = locked(&self.history).tail();
        let (mut made, mut lines, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        for Waiting { at, event, answer: to } in batch {
            match tail.admit(at, event) {
                Ok((entry, line)) => {
                    bodies.extend(entry.event.bodies().filter(|body| body.text().is_some()).cloned());
                    lines.push(line);
                    made.push((entry, to));
                }
                Err(refusal) => answer(to, Err(refusal.into())),
            }
        }
        if lines.is_empty() {
            return;
        }
        match self.append(lines, bodies).await {
            Ok(()) => {
                let mut history = locked(&self.history);
                Arc::make_mut(&mut history).advance(tail, made.iter().map(|(entry, _)| entry));
                drop(history);
                made.into_iter().for_each(|(entry, to)| answer(to, Ok(entry)));
            }
            Err(error) => made.into_iter().for_each(|(_, to)| answer(to, Err(error.clone()))),
        }
    }

    async fn append(&self, lines: Vec<crate::Line>, bodies: Vec<Body>) -> Result<(), Error> {
        let appended = self.log.append(&self.lease, lines, bodies).await;
        locked(&self.queue).behind = appended.is_err();
        appended
    }

    /// After a failed append: reads what the log holds all the same.
    async fn catch_up(&self) -> Result<(), Error> {
        if !locked(&self.queue).behind {
            return Ok(());
        }
        let mut history = History::clone(&locked(&self.history));
        history.catch_up(&*self.log).await?;
        *locked(&self.history) = Arc::new(history);
        locked(&self.queue).behind = false;
        Ok(())
    }
}

/// Answers a caller, who may have stopped waiting.
fn answer(to: oneshot::Sender<Result<Entry, Error>>, result: Result<Entry, Error>) {
    let _ = to.send(result);
}

/// Nothing panics while it holds one of these locks, and what they guard is whole at every moment.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
