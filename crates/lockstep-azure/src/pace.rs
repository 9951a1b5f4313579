//! How often we ask by ourselves: less than the services document, so that analysts and playbooks keep their part.
//!
//! Each limit starts at a share of what is documented, and a throttle of the service halves it. What was halved doubles again
//! after a window without one; where it may widen, beyond where it began, up to the same share of what Resource Manager
//! gives. A service that is as narrow as its documents say then throttles, now and then, everybody who writes there; so
//! nobody widens unless asked to.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::operation::{Operation, Side};

/// How much of what a service gives is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// `None`: nobody documents what the service gives, so only its own throttles hold us back.
    share: Option<f64>,
    widen: bool,
}

impl Pace {
    /// A share between 0.01 and 1 of what is documented; `None` for any other.
    pub fn of(share: f64) -> Option<Self> {
        (0.01..=1.0).contains(&share).then_some(Self { share: Some(share), widen: false })
    }

    /// No pace of our own: for a cloud whose limits nobody documents. Its throttles are obeyed all the same.
    pub fn none() -> Self {
        Self { share: None, widen: false }
    }

    /// The same, doubled each time that it was used up without a throttle.
    #[must_use]
    pub fn widening(self) -> Self {
        Self { widen: true, ..self }
    }
}

impl Default for Pace {
    /// Four fifths: one is left to everybody else who uses the subscription.
    fn default() -> Self {
        Self { share: Some(0.8), widen: false }
    }
}

/// What all requests of one identity together have used of each limit.
#[derive(Debug)]
pub struct Pacer {
    pace: Pace,
    meters: BTreeMap<Limit, Meter>,
    /// Turns to write that were given out and not used yet.
    turns: BTreeMap<Operation, usize>,
}

impl Pacer {
    pub fn new(pace: Pace) -> Self {
        Self { pace, meters: BTreeMap::new(), turns: BTreeMap::new() }
    }

    /// Gives out a turn to write, or says how long until there may be one. A turn is counted now; one that is not used is
    /// the next writer's.
    pub fn turn(&mut self, operation: Operation, now: Instant) -> Result<(), Duration> {
        let wait = self.wait(operation, now);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.take(operation, now);
        *self.turns.entry(operation).or_default() += 1;
        Ok(())
    }

    /// A write leaves: by a turn that was given out, or, if there is none, by one of its own.
    pub fn use_turn(&mut self, operation: Operation, now: Instant) -> Result<(), Duration> {
        if self.turns.get(&operation).is_none_or(|turns| *turns == 0) {
            self.turn(operation, now)?;
        }
        self.turns.entry(operation).and_modify(|turns| *turns -= 1);
        Ok(())
    }

    /// How long until a request may leave; zero: now.
    pub fn wait(&mut self, operation: Operation, now: Instant) -> Duration {
        let limits = self.limits(operation).iter();
        limits.map(|limit| self.meter(*limit, now).wait(now)).max().unwrap_or_default()
    }

    /// A request leaves; only after [`Pacer::wait`] said that it may.
    pub fn take(&mut self, operation: Operation, now: Instant) {
        for limit in self.limits(operation) {
            self.meter(*limit, now).take(now);
        }
    }

    /// The service said that there were too many.
    pub fn shrink(&mut self, operation: Operation, now: Instant) {
        for limit in self.limits(operation) {
            self.meter(*limit, now).shrink(now);
        }
    }

    fn limits(&self, operation: Operation) -> &'static [Limit] {
        if self.pace.share.is_some() { Limit::of(operation) } else { &[] }
    }

    fn meter(&mut self, limit: Limit, now: Instant) -> &mut Meter {
        let pace = self.pace;
        self.meters.entry(limit).or_insert_with(|| Meter::new(limit, pace, now))
    }
}

/// A limit that a service documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Limit {
    /// 75 writes of incidents in five minutes, of everybody in the subscription.
    /// Source: <https://learn.microsoft.com/rest/api/securityinsights/request-limits-and-throttling>.
    IncidentWrites,
    /// 75 writes of comments in five minutes, of everybody in the subscription; the same source.
    CommentWrites,
    /// 200 writes at once and 10 a second, of one identity in a subscription and region.
    /// Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>.
    Writes,
    /// 250 reads at once and 25 a second; the same source.
    Reads,
    /// 200 queries in 30 seconds, of one identity.
    /// Source: <https://learn.microsoft.com/azure/azure-monitor/service-limits>.
    Queries,
    /// 50 queries of the activity log in 30 seconds, of one identity; the same source.
    ActivityLog,
}

impl Limit {
    /// The limits that count a request.
    fn of(operation: Operation) -> &'static [Self] {
        match operation {
            Operation::WriteIncident => &[Self::IncidentWrites, Self::Writes],
            Operation::WriteComment => &[Self::CommentWrites, Self::Writes],
            Operation::ReadActivityLog => &[Self::ActivityLog, Self::Reads],
            _ if operation.side() == Side::LogAnalytics => &[Self::Queries],
            _ if operation.is_write() => &[Self::Writes],
            _ => &[Self::Reads],
        }
    }
}

/// What was used of a limit.
#[derive(Debug)]
enum Meter {
    /// So many in any window.
    Window { most: Growth, span: Duration, sent: VecDeque<Instant> },
    /// So many at once, which come back bit by bit.
    Bucket { factor: f64, least: f64, size: f64, per_second: f64, tokens: f64, filled: Instant },
}

/// A number that grows when it was used up and shrinks when it was too much.
#[derive(Clone, Copy, Debug)]
struct Growth {
    now: usize,
    /// The most that it grows to; where it began, if it may not grow.
    most: usize,
    /// What was used since it last grew or shrank.
    used: usize,
    /// When it last shrank.
    shrank: Option<Instant>,
}

impl Meter {
    fn new(limit: Limit, pace: Pace, now: Instant) -> Self {
        let share = pace.share.unwrap_or(1.0);
        let window = |count: f64, seconds: u64, ceiling: f64| {
            let part = |count: f64| ((count * share) as usize).max(1);
            let most = if pace.widen { part(ceiling.max(count)) } else { part(count) };
            // A second more: what leaves last of one window may arrive first in the next.
            Self::Window {
                most: Growth { now: part(count), most, used: 0, shrank: None },
                span: Duration::from_secs(seconds + 1),
                sent: VecDeque::new(),
            }
        };
        let bucket = |size: f64, per_second: f64| Self::Bucket {
            factor: share,
            least: share * LEAST,
            size,
            per_second,
            tokens: (size * share).max(1.0),
            filled: now,
        };
        match limit {
            // What Resource Manager gives in five minutes.
            Limit::IncidentWrites | Limit::CommentWrites => window(75.0, 300, 200.0 + 10.0 * 300.0),
            Limit::Queries => window(200.0, 30, 200.0),
            Limit::ActivityLog => window(50.0, 30, 50.0),
            Limit::Writes => bucket(200.0, 10.0),
            Limit::Reads => bucket(250.0, 25.0),
        }
    }

    fn wait(&mut self, now: Instant) -> Duration {
        match self {
            Self::Window { most, span, sent } => {
                while sent.front().is_some_and(|first| now.saturating_duration_since(*first) >= *span) {
                    sent.pop_front();
                }
                match sent.len().checked_sub(most.now) {
                    None => Duration::ZERO,
                    // The one that has to leave the window before there is room.
                    Some(over) => {
                        sent.get(over).map_or(Duration::ZERO, |it| (*it + *span).saturating_duration_since(now))
                    }
                }
            }
            Self::Bucket { factor, size, per_second, tokens, filled, .. } => {
                let passed = now.saturating_duration_since(*filled).as_secs_f64();
                *tokens = (*tokens + passed * *per_second * *factor).min((*size * *factor).max(1.0));
                *filled = now;
                let missing = 1.0 - *tokens;
                // Rounded up, so that who comes back then finds one.
                let seconds = (missing / (*per_second * *factor)).max(0.0);
                if missing <= 0.0 {
                    Duration::ZERO
                } else {
                    Duration::from_secs_f64(seconds) + Duration::from_millis(1)
                }
            }
        }
    }

    fn take(&mut self, now: Instant) {
        match self {
            Self::Window { most, span, sent } => {
                sent.push_back(now);
                most.used += 1;
                // What was halved stays halved for a whole window.
                let may_grow = most.shrank.is_none_or(|shrank| now.saturating_duration_since(shrank) >= *span);
                if most.used >= most.now && may_grow {
                    *most = Growth { now: (most.now * 2).min(most.most).max(most.now), used: 0, ..*most };
                }
            }
            Self::Bucket { tokens, .. } => *tokens -= 1.0,
        }
    }

    fn shrink(&mut self, now: Instant) {
        match self {
            Self::Window { most, .. } => {
                *most = Growth { now: (most.now / 2).max(1), used: 0, shrank: Some(now), ..*most };
            }
            Self::Bucket { factor, least, tokens, size, .. } => {
                *factor = (*factor / 2.0).max(*least);
                *tokens = tokens.min(*size * *factor);
            }
        }
    }
}

/// Throttles halve a bucket down to this part of what it began with.
const LEAST: f64 = 1.0 / 16.0;

/// How many queries may run at the same time. Source: <https://learn.microsoft.com/azure/azure-monitor/service-limits>, five for
/// one identity; further ones wait in a queue that ends in a throttle.
pub const QUERIES_AT_ONCE: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// When writes of incidents leave, of somebody who always has one more, in seconds from the start.
    fn sent(pacer: &mut Pacer, start: Instant, seconds: u64) -> Vec<f64> {
        let (mut now, mut sent) = (start, Vec::new());
        while now < start + Duration::from_secs(seconds) {
            let wait = pacer.wait(Operation::WriteIncident, now);
            if wait.is_zero() {
                pacer.take(Operation::WriteIncident, now);
                sent.push((now - start).as_secs_f64());
            }
            now += wait;
        }
        sent
    }

    fn most_in_a_window(sent: &[f64]) -> usize {
        (0..sent.len()).map(|at| sent[at..].iter().take_while(|it| **it < sent[at] + 300.0).count()).max().unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn four_fifths_are_taken_and_no_more() {
        let sent = sent(&mut Pacer::new(Pace::default()), Instant::now(), 3600);
        assert_eq!(most_in_a_window(&sent), 60);
        assert_eq!(sent.len(), 60 * 12, "and all of it is taken");
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_widen_ends_at_the_share_of_what_resource_manager_gives() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::default().widening());
        let sent = sent(&mut pacer, start, 7200);
        let in_the_last_minute = sent.iter().filter(|it| **it >= 7140.0).count();
        assert!((470..=490).contains(&in_the_last_minute), "{in_the_last_minute} where 8 a second are 480");
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_halves_and_never_stops_for_good() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::default());
        pacer.shrink(Operation::WriteIncident, start);
        assert_eq!(sent(&mut pacer, start, 299).len(), 30);
        for _ in 0..100 {
            pacer.shrink(Operation::WriteIncident, start);
            pacer.shrink(Operation::ReadIncident, start);
        }
        assert!(pacer.wait(Operation::ReadIncident, start + Duration::from_secs(600)).is_zero());
        assert!(pacer.wait(Operation::WriteIncident, start + Duration::from_secs(1200)).is_zero());
    }

    proptest::proptest! {
        #[test]
        fn no_window_holds_more_than_the_share(share in 0.01_f64..=1.0, gaps in proptest::collection::vec(0_u64..400, 1..6)) {
            let start = Instant::now();
            let mut pacer = Pacer::new(Pace::of(share).expect("it is a share"));
            let mut all = Vec::new();
            let mut from = 0;
            for gap in gaps {
                let begin = start + Duration::from_secs(from);
                all.extend(sent(&mut pacer, begin, 200).into_iter().map(|at| at + from as f64));
                from += 200 + gap;
            }
            let most = ((75.0 * share) as usize).max(1);
            proptest::prop_assert!(most_in_a_window(&all) <= most);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_is_documented_nothing_is_held_back() {
        let (mut pacer, now) = (Pacer::new(Pace::none()), Instant::now());
        for _ in 0..10_000 {
            assert!(pacer.turn(Operation::WriteIncident, now).is_ok());
            pacer.use_turn(Operation::WriteIncident, now).expect("a turn was given out");
        }
    }

    #[test]
    fn a_share_is_a_part() {
        for (share, is_one) in [(0.8, true), (1.0, true), (0.0, false), (1.2, false), (-1.0, false), (f64::NAN, false)]
        {
            assert_eq!(Pace::of(share).is_some(), is_one, "{share}");
        }
    }
}
