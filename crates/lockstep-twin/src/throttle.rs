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
    /// Only calls of these methods, where any are named: `PUT,POST`.
    #[serde(default)]
    pub method: Option<String>,
    /// How many calls there are at once.
    pub count: f64,
    /// In how many seconds: all of them come back at the end of a window, or bit by bit into a bucket.
    pub seconds: f64,
    /// Whether calls come back bit by bit.
    #[serde(default)]
    pub bucket: bool,
    /// Whose calls are counted together.
    #[serde(default)]
    pub per: Per,
    /// Whether only calls of Azure Resource Manager count, not those of Log Analytics.
    #[serde(default)]
    pub arm: bool,
    /// Whether a 429 says when to come back.
    #[serde(default = "yes")]
    pub retry_after: bool,
}

/// Whose calls a limit counts together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Each caller's own.
    #[default]
    Caller,
    /// Those of all callers in a subscription.
    Subscription,
    /// Each caller's own in a subscription.
    CallerAndSubscription,
}

/// A call, as limits see it.
pub(crate) struct Counted<'a> {
    pub(crate) operation: &'a str,
    pub(crate) method: &'a Method,
    /// Whether it is one of Azure Resource Manager.
    pub(crate) arm: bool,
    pub(crate) caller: &'a str,
    /// In lower case; empty where it names none.
    pub(crate) subscription: &'a str,
}

fn yes() -> bool {
    true
}

impl Limit {
    /// `count` calls of `operation` in each window of `seconds`.
    pub fn window(operation: &str, count: f64, seconds: f64) -> Self {
        Self {
            operation: operation.into(),
            method: None,
            count,
            seconds,
            bucket: false,
            per: Per::Caller,
            arm: false,
            retry_after: true,
        }
    }

    /// Whether it counts a call.
    fn counts_call(&self, call: &Counted<'_>) -> bool {
        let named =
            |methods: &String| methods.split(',').any(|one| one.trim().eq_ignore_ascii_case(call.method.as_str()));
        fits(&self.operation, call.operation) && (call.arm || !self.arm) && self.method.as_ref().is_none_or(named)
    }

    /// Whose calls are counted together with this one.
    fn counts(&self, call: &Counted<'_>) -> String {
        match self.per {
            Per::Caller => call.caller.to_owned(),
            Per::Subscription => call.subscription.to_owned(),
            Per::CallerAndSubscription => format!("{} {}", call.caller, call.subscription),
        }
    }

    fn bucket(methods: &str, count: f64, per_second: f64) -> Self {
        Self {
            operation: "*".into(),
            method: Some(methods.into()),
            count,
            seconds: count / per_second,
            bucket: true,
            per: Per::CallerAndSubscription,
            arm: true,
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
        let sentinel = |name: &&str, count| Self { per: Per::Subscription, ..Self::window(name, count, 300.0) };
        let mut limits: Vec<Self> = writes.iter().map(|name| sentinel(name, 75.0)).collect();
        limits.extend(reads.iter().map(|name| Self { method: method_of(name), ..sentinel(name, 100.0) }));
        limits.push(Self::window("Query_*", 200.0, 30.0));
        limits.push(Self::window("ActivityLogs_*", 50.0, 30.0));
        for (methods, count, per_second) in
            [("GET", 250.0, 25.0), ("PUT,POST,PATCH", 200.0, 10.0), ("DELETE", 200.0, 10.0)]
        {
            limits.push(Self::bucket(methods, count, per_second));
            let all = Self::bucket(methods, count * ALL_CALLERS, per_second * ALL_CALLERS);
            limits.push(Self { per: Per::Subscription, ..all });
        }
        limits.iter_mut().for_each(|limit| limit.count *= factor);
        limits
    }
}

/// The reads among operations that share a name's beginning; those that post read too.
fn method_of(operation: &str) -> Option<String> {
    operation.ends_with('*').then(|| Method::GET.to_string())
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

    /// Counts a call at `now`, if every limit has room for it.
    pub(crate) fn take(&self, call: &Counted<'_>, now: OffsetDateTime) -> Result<(), TooEarly> {
        let mut running = self.running();
        let Running { limits, used } = &mut *running;
        let mine: Vec<usize> = (0..limits.len()).filter(|index| limits[*index].counts_call(call)).collect();
        for index in &mine {
            let limit = &limits[*index];
            let used = used.entry((*index, limit.counts(call))).or_insert(Used { since: now, calls: 0.0 });
            used.pass(limit, now);
            if used.calls + 1.0 > limit.count {
                let retry_after = limit.retry_after.then(|| used.wait(limit, now));
                return Err(TooEarly { retry_after });
            }
        }
        for index in mine {
            used.entry((index, limits[index].counts(call))).and_modify(|used| used.calls += 1.0);
        }
        Ok(())
    }

    /// How many calls like this one the caller's bucket of Azure Resource Manager has left; `None` where there is none.
    pub(crate) fn remaining(&self, call: &Counted<'_>, now: OffsetDateTime) -> Option<u64> {
        let running = self.running();
        let is_own = |limit: &Limit| limit.bucket && limit.per == Per::CallerAndSubscription && limit.counts_call(call);
        let index = running.limits.iter().position(is_own)?;
        let limit = &running.limits[index];
        let mut used = running.used.get(&(index, limit.counts(call))).copied();
        used.iter_mut().for_each(|used| used.pass(limit, now));
        let left = limit.count - used.map_or(0.0, |used| used.calls);
        Some(left.max(0.0) as u64)
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

/// All callers together may ask so many times as often as one of them.
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>
const ALL_CALLERS: f64 = 15.0;

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

    #[test]
    fn limits_count_together_whose_calls_they_say() {
        let count = |per, calls: &[(&str, &str, bool)]| {
            let throttles = Throttles::default();
            throttles.set(vec![Limit { per, arm: true, ..Limit::window("*", 1.0, 10.0) }]);
            let now = datetime!(2024-06-01 0:00 UTC);
            let take = |(caller, subscription, arm): &(&str, &str, bool)| {
                let (operation, method) = ("Any", &Method::GET);
                throttles.take(&Counted { operation, method, arm: *arm, caller, subscription }, now).is_ok()
            };
            calls.iter().map(|call| if take(call) { '.' } else { '#' }).collect::<String>()
        };
        let calls = [("a", "1", true), ("a", "2", true), ("b", "1", true), ("a", "1", true), ("a", "1", false)];
        assert_eq!(count(Per::Caller, &calls), ".#.#.");
        assert_eq!(count(Per::Subscription, &calls), "..##.");
        assert_eq!(count(Per::CallerAndSubscription, &calls), "...#.");
    }

    fn check(limit: Limit, calls: &[(i64, &str)]) {
        let throttles = Throttles::default();
        throttles.set(vec![limit.clone()]);
        for (second, expected) in calls {
            let now = datetime!(2024-06-01 0:00 UTC) + time::Duration::seconds(*second);
            let call = Counted { operation: "Any", method: &Method::GET, arm: true, caller: "me", subscription: "s" };
            let found = match throttles.take(&call, now) {
                Ok(()) => "ok".to_owned(),
                Err(TooEarly { retry_after: None }) => "wait".to_owned(),
                Err(TooEarly { retry_after: Some(wait) }) => format!("wait {}", wait.as_secs()),
            };
            assert_eq!(found, *expected, "{limit:?} at {second}");
        }
    }
}
