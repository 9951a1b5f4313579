//! Faults on demand: which operations fail, how, and when.
//!
//! A fault is met before anything else in a request's way, so that it strikes whoever calls. Which calls are struck
//! follows from the seed and the calls alone, so a run can be repeated.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One rule of failing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The operation's name, such as `Incidents_CreateOrUpdate`; `*` at its end stands for any rest.
    pub operation: String,
    /// What happens.
    pub effect: Effect,
    /// How many calls pass before the first is struck.
    #[serde(default)]
    pub skip: u64,
    /// How many calls are struck at most; all where nothing is said.
    #[serde(default)]
    pub count: Option<u64>,
    /// Which share of the calls is struck, from 0 to 1.
    #[serde(default = "all")]
    pub share: f64,
    /// No call before this time of the world is struck.
    #[serde(default, with = "moment", skip_serializing_if = "Option::is_none")]
    pub from: Option<OffsetDateTime>,
    /// No call at or after this time of the world is struck.
    #[serde(default, with = "moment", skip_serializing_if = "Option::is_none")]
    pub until: Option<OffsetDateTime>,
}

fn all() -> f64 {
    1.0
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// It is answered later: by the world's time in process, by real time over a socket.
    Latency {
        /// Milliseconds.
        ms: u64,
    },
    /// It is answered so, and nothing is done.
    Answer {
        /// The status, such as 429 or 503.
        status: u16,
        /// The error's code; one that goes with the status where nothing is said.
        #[serde(default)]
        code: Option<String>,
        /// The value of `Retry-After`; no such header where nothing is said.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// The connection breaks before anything is done.
    ResetBefore,
    /// It is done, and then the connection breaks.
    ResetAfter,
    /// It is done, and the answer breaks off in its middle.
    HalfBody,
    /// It is done, and the answer is a page of HTML.
    NotJson,
    /// It is done, and the answer is 204 without a body.
    NoContent,
    /// It is done, and the answer is 200 without a body.
    Empty,
    /// It is done, and the answer says that it is partial, as Log Analytics says it: 200 with an `error`.
    Partial,
    /// The token is said to have expired.
    ExpiredToken,
    /// The caller is said to lack the right.
    Forbidden,
    /// Queries see the tables as they were so long ago.
    StaleTables {
        /// Seconds.
        seconds: u64,
    },
    /// It is done, and the answer is JSON of another shape than the operation's.
    WrongJson,
    /// The list's `nextLink` leads to this same page again.
    PageLoop,
    /// Every item of the list's page comes twice.
    PageRepeat,
    /// The answer's `Date` is off by so much.
    ClockSkew {
        /// Seconds, forward where above 0.
        seconds: i64,
    },
}

impl Fault {
    /// A fault that strikes every call of `operation`.
    pub fn on(operation: &str, effect: Effect) -> Self {
        Self { operation: operation.into(), effect, skip: 0, count: None, share: 1.0, from: None, until: None }
    }

    /// What makes it a fault that cannot be set.
    ///
    /// # Errors
    /// The share is none, or the status is none of a final answer.
    pub fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.share) {
            return Err(format!("the share {} must be from 0 to 1", self.share));
        }
        match self.effect {
            Effect::Answer { status, .. } if !(200..=599).contains(&status) => {
                Err(format!("the status {status} must be from 200 to 599"))
            }
            _ => Ok(()),
        }
    }

    /// Strikes at most `count` calls.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// Lets `skip` calls pass first.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }
}

impl Effect {
    /// An answer of `status`, with its usual code and no `Retry-After`.
    pub fn status(status: u16) -> Self {
        Self::Answer { status, code: None, retry_after: None }
    }

    /// A 429 that says when to come back.
    pub fn throttled(retry_after: &str) -> Self {
        Self::Answer { status: 429, code: None, retry_after: Some(retry_after.into()) }
    }
}

/// The faults that are set.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    seed: u64,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    seen: u64,
    struck: u64,
}

impl Faults {
    /// Sets one more fault. Of several that fit a call, the first that strikes is the one.
    pub fn add(&self, fault: Fault) {
        self.running().rules.push(Rule { fault, seen: 0, struck: 0 });
    }

    /// Sets these faults alone.
    pub fn set(&self, faults: Vec<Fault>) {
        self.running().rules = faults.into_iter().map(|fault| Rule { fault, seen: 0, struck: 0 }).collect();
    }

    /// Sets no fault any more.
    pub fn clear(&self) {
        self.running().rules.clear();
    }

    /// What chance is drawn from.
    pub fn seed(&self, seed: u64) {
        self.running().seed = seed;
    }

    /// The faults that are set, each with how many calls it has struck.
    pub fn list(&self) -> Vec<(Fault, u64)> {
        self.running().rules.iter().map(|rule| (rule.fault.clone(), rule.struck)).collect()
    }

    /// What strikes this call of `operation` at `now` of the world, if anything does.
    pub(crate) fn strike(&self, operation: &str, now: OffsetDateTime) -> Option<Effect> {
        let mut running = self.running();
        let seed = running.seed;
        running
            .rules
            .iter_mut()
            .enumerate()
            .find_map(|(index, rule)| rule.strike(operation, now, seed ^ (index as u64) << 32))
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn strike(&mut self, operation: &str, now: OffsetDateTime, seed: u64) -> Option<Effect> {
        let begun = self.fault.from.is_none_or(|from| from <= now);
        let over = self.fault.until.is_some_and(|until| until <= now);
        if !begun || over || !fits(&self.fault.operation, operation) {
            return None;
        }
        let seen = self.seen;
        self.seen += 1;
        let due = seen >= self.fault.skip && self.fault.count.is_none_or(|count| self.struck < count);
        if !due || chance(seed, seen) >= self.fault.share {
            return None;
        }
        self.struck += 1;
        Some(self.fault.effect.clone())
    }
}

/// A time as text, RFC 3339.
mod moment {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use time::OffsetDateTime;

    use crate::clock::{parse_time, wire_time};

    pub(super) fn serialize<S: Serializer>(at: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_str(&wire_time(*at)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        parse_time(&text)
            .map(Some)
            .ok_or_else(|| D::Error::custom(format!("'{text}' is no time such as 2024-06-01T00:00:00Z")))
    }
}

/// Whether an operation's name fits a pattern.
pub(crate) fn fits(pattern: &str, operation: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => operation.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)),
        None => pattern.eq_ignore_ascii_case(operation),
    }
}

/// A number from 0 up to 1 that follows from the seed and the draw: one step of SplitMix64.
pub(crate) fn chance(seed: u64, draw: u64) -> f64 {
    let mut mixed = seed.wrapping_add(draw.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_struck_as_the_rule_says() {
        check(r#"{"operation":"Incidents_*","effect":"reset-after"}"#, "##########");
        check(r#"{"operation":"incidents_get","effect":"reset-after"}"#, "##########");
        check(r#"{"operation":"*","effect":{"answer":{"status":429}},"skip":2,"count":3}"#, "..###.....");
        check(r#"{"operation":"Alerts_*","effect":"empty"}"#, "..........");
        check(r#"{"operation":"*","effect":"empty","share":0}"#, "..........");
        check(r#"{"operation":"*","effect":"empty","from":"2024-06-01T00:00:00Z"}"#, "##########");
        check(r#"{"operation":"*","effect":"empty","from":"2024-06-01T00:00:01Z"}"#, "..........");
        check(r#"{"operation":"*","effect":"empty","until":"2024-06-01T00:00:00Z"}"#, "..........");
    }

    #[test]
    fn chance_is_repeatable_and_about_its_share() {
        let draw = |seed| {
            let faults = Faults::default();
            faults.seed(seed);
            faults.add(Fault { share: 0.3, ..Fault::on("*", Effect::Empty) });
            (0..1000).map(|_| faults.strike("Any", NOW).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let struck = draw(1).into_iter().filter(|struck| *struck).count();
        assert!((250..350).contains(&struck), "{struck}");
    }

    const NOW: OffsetDateTime = time::macros::datetime!(2024-06-01 0:00 UTC);

    fn check(rule: &str, expected: &str) {
        let faults = Faults::default();
        faults.add(serde_json::from_str(rule).unwrap());
        let struck: String =
            (0..10).map(|_| if faults.strike("Incidents_Get", NOW).is_some() { '#' } else { '.' }).collect();
        assert_eq!(struck, expected, "{rule}");
    }
}
