//! Where an engine may die: at each request before and after its effect, and at each entry of the ledger before and after it
//! is durable.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A place at which an engine may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// A request is about to leave.
    BeforeRequest,
    /// A write has had its effect, and its answer is under way.
    AfterWrite,
    /// A read was answered.
    AfterRead,
    /// An entry is about to be made.
    BeforeEntry,
    /// An entry is durable.
    AfterEntry,
}

impl Point {
    /// Every point.
    pub const ALL: &'static [Self] =
        &[Self::BeforeRequest, Self::AfterWrite, Self::AfterRead, Self::BeforeEntry, Self::AfterEntry];

    /// What it is called in the tally.
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeRequest => "before a request",
            Self::AfterWrite => "after a write's effect",
            Self::AfterRead => "after a read",
            Self::BeforeEntry => "before an entry is durable",
            Self::AfterEntry => "after an entry is durable",
        }
    }
}

/// The death of one engine. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Crash(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    died: Notify,
}

#[derive(Debug, Default)]
struct State {
    armed: Option<(Point, usize)>,
    dead: bool,
}

impl Crash {
    /// Lets the engine die when it comes to `point` for the time `after`, counted from 0.
    pub fn arm(&self, point: Point, after: usize) {
        self.state().armed = Some((point, after));
    }

    /// The engine has come to a point. Where it dies there, this never returns.
    pub async fn pass(&self, point: Point) {
        let dies = {
            let mut state = self.state();
            match &mut state.armed {
                Some((at, 0)) if *at == point => state.dead = true,
                Some((at, left)) if *at == point => *left -= 1,
                _ => {}
            }
            state.dead
        };
        if dies {
            self.0.died.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Returns once the engine is dead.
    pub async fn died(&self) {
        self.0.died.notified().await;
    }

    /// Where it is to die or has died.
    pub fn point(&self) -> Option<Point> {
        self.state().armed.map(|(point, _)| point)
    }

    /// Lets it live.
    pub fn disarm(&self) {
        self.state().armed = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
