//! How often a caller may ask: windows and buckets, by operation.
//!
//! None is on at the start, for the twin is also measured with. The documented ones are Microsoft's, scaled by a factor:
//! ARM's token buckets (<https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>),
//! Sentinel's counts in five minutes (<https://learn.microsoft.com/rest/api/securityinsights/request-limits-and-throttling>),
//! and Log Analytics' (<https://learn.microsoft.com/azure/azure-monitor/service-limits>).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::faults::fits;

/// How often a caller may call operations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The operations' name, such as `Incidents_CreateOrUpdate`; `*` at its end stands for any rest.
    pub operation: String,
    /// Only calls of this method, where one is named.
    #[serde(default)]
    pub method: Option<String>,
    /// How many calls there are at once.
    pub count: f64,
    /// In how many seconds: all of them come back at the end of a window, or bit by bit into a bucket.
    pub seconds: f64,
    /// Whether calls come back bit by bit.
    #[serde(default)]
    pub bucket: bool,
    /// Whether a 429 says when to come back.
    #[serde(default = "yes")]
    pub retry_after: bool,
}

fn yes() -> bool {
    true
}

impl Limit {
    /// `count` calls of `operation` in each window of `seconds`.
    pub fn window(operation: &str, count: f64, seconds: f64) -> Self {
        Self { operation: operation.into(), method: None, count, seconds, bucket: false, retry_after: true }
    }

    fn bucket(operation: &str, method: &Method, count: f64, per_second: f64) -> Self {
        let method = Some(method.to_string());
        Self {
            operation: operation.into(),
            method,
            count,
            seconds: count / per_second,
            bucket: true,
            retry_after: true,
        }
    }

    /// The documented limits, `factor` times as high.
    pub fn documented(factor: f64) -> Vec<Self> {
        let writes = [
            "Incidents_CreateOrUpdate",
            "IncidentComments_CreateOrUpdate",
            "IncidentRelations_CreateOrUpdate",
            "Bookmarks_CreateOrUpdate",
        ];
        let reads = [
            "IncidentComments_*",
            "Incidents_ListAlerts",
            "Incidents_ListEntities",
            "IncidentRelations_*",
            "Incidents_ListBookmarks",
            "AutomationRules_*",
        ];
        let mut limits: Vec<Self> = writes.iter().map(|name| Self::window(name, 75.0, 300.0)).collect();
        limits.extend(reads.iter().map(|name| Self::window(name, 100.0, 300.0)));
        limits.push(Self::window("Query_*", 200.0, 30.0));
        limits.push(Self::window("ActivityLogs_*", 50.0, 30.0));
        limits.extend([
            Self::bucket("*", &Method::GET, 250.0, 25.0),
            Self::bucket("*", &Method::POST, 200.0, 10.0),
            Self::bucket("*", &Method::PUT, 200.0, 10.0),
            Self::bucket("*", &Method::DELETE, 200.0, 10.0),
        ]);
        limits.iter_mut().for_each(|limit| limit.count *= factor);
        limits
    }
}

/// The limits that are on, and what each caller has used of them.
#[derive(Debug, Default)]
pub struct Throttles(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    limits: Vec<Limit>,
    used: HashMap<(usize, String), Used>,
}

/// What a caller has used of a limit.
#[derive(Clone, Copy, Debug)]
struct Used {
    since: OffsetDateTime,
    calls: f64,
}

/// That a call comes too early.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TooEarly {
    /// How long to wait, where the limit says so.
    pub(crate) retry_after: Option<Duration>,
}

impl Throttles {
    /// Sets these limits alone; nobody has used anything of them.
    pub fn set(&self, limits: Vec<Limit>) {
        *self.running() = Running { limits, used: HashMap::new() };
    }

    /// The limits that are on.
    pub fn list(&self) -> Vec<Limit> {
        self.running().limits.clone()
    }

    /// Counts a call of `caller` at `now`, if every limit has room for it.
    pub(crate) fn take(
        &self,
        operation: &str,
        method: &Method,
        caller: &str,
        now: OffsetDateTime,
    ) -> Result<(), TooEarly> {
        let mut running = self.running();
        let Running { limits, used } = &mut *running;
        let fitting = |limit: &Limit| {
            fits(&limit.operation, operation)
                && limit.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
        };
        let mine: Vec<usize> = (0..limits.len()).filter(|index| fitting(&limits[*index])).collect();
        for index in &mine {
            let limit = &limits[*index];
            let used = used.entry((*index, caller.to_owned())).or_insert(Used { since: now, calls: 0.0 });
            used.pass(limit, now);
            if used.calls + 1.0 > limit.count {
                let retry_after = limit.retry_after.then(|| used.wait(limit, now));
                return Err(TooEarly { retry_after });
            }
        }
        for index in mine {
            used.entry((index, caller.to_owned())).and_modify(|used| used.calls += 1.0);
        }
        Ok(())
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    /// Gives back what has come back by `now`.
    fn pass(&mut self, limit: &Limit, now: OffsetDateTime) {
        let passed = (now - self.since).as_seconds_f64().max(0.0);
        if limit.bucket {
            self.calls = (self.calls - passed * limit.count / limit.seconds).max(0.0);
            self.since = now;
        } else if passed >= limit.seconds {
            *self = Self { since: now, calls: 0.0 };
        }
    }

    /// How long until there is room for a call, in whole seconds, at least 1.
    fn wait(&self, limit: &Limit, now: OffsetDateTime) -> Duration {
        let seconds = if limit.bucket {
            (self.calls + 1.0 - limit.count) * limit.seconds / limit.count
        } else {
            limit.seconds - (now - self.since).as_seconds_f64()
        };
        Duration::try_from_secs_f64(seconds.ceil().max(1.0)).unwrap_or(Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn windows_give_back_at_their_end_and_buckets_bit_by_bit() {
        check(Limit::window("*", 2.0, 10.0), &[(0, "ok"), (1, "ok"), (2, "wait 8"), (9, "wait 1"), (10, "ok")]);
        let bucket = Limit { bucket: true, ..Limit::window("*", 2.0, 10.0) };
        check(bucket, &[(0, "ok"), (0, "ok"), (0, "wait 5"), (5, "ok"), (6, "wait 4")]);
        let silent = Limit { retry_after: false, ..Limit::window("*", 1.0, 10.0) };
        check(silent, &[(0, "ok"), (1, "wait")]);
    }

    fn check(limit: Limit, calls: &[(i64, &str)]) {
        let throttles = Throttles::default();
        throttles.set(vec![limit.clone()]);
        for (second, expected) in calls {
            let now = datetime!(2024-06-01 0:00 UTC) + time::Duration::seconds(*second);
            let found = match throttles.take("Any", &Method::GET, "me", now) {
                Ok(()) => "ok".to_owned(),
                Err(TooEarly { retry_after: None }) => "wait".to_owned(),
                Err(TooEarly { retry_after: Some(wait) }) => format!("wait {}", wait.as_secs()),
            };
            assert_eq!(found, *expected, "{limit:?} at {second}");
        }
    }
}
