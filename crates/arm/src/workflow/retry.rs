//! How often a request is sent again, and after which time.
//!
//! Source: "Handle errors and exceptions in Azure Logic Apps", Retry policies: 408, 429 and 5xx are tried again, by default up to
//! four times at intervals that double from 7.5 seconds, within 5 and 45. Which number is drawn within an interval is not known, so
//! its middle is taken.

use std::time::Duration;

use serde_json::Value;

use super::action::member;
use super::effects::{Failure, Response};
use crate::dates;
use crate::error::Error;
use crate::path::Path;

/// A retry policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Retry {
    count: u32,
    interval: Duration,
    /// Whether intervals double.
    doubles: bool,
    least: Duration,
    most: Duration,
}

const DEFAULT: Retry = Retry {
    count: 4,
    interval: Duration::from_millis(7_500),
    doubles: true,
    least: Duration::from_secs(5),
    most: Duration::from_secs(45),
};

impl Retry {
    /// The policy in an action's inputs.
    pub fn of(inputs: &Value, path: &Path) -> Result<Self, Error> {
        let Some(policy) = member(inputs, "retryPolicy") else {
            return Ok(DEFAULT);
        };
        let path = path.member("retryPolicy");
        let kind = member(policy, "type").and_then(Value::as_str).unwrap_or_default();
        let doubles = match kind.to_ascii_lowercase().as_str() {
            "none" => return Ok(Self { count: 0, ..DEFAULT }),
            "fixed" => false,
            "exponential" => true,
            _ => {
                return Err(Error::invalid(
                    "'type' of a retry policy must be one of 'none', 'fixed' and 'exponential'.",
                    &path,
                ));
            }
        };
        let span = |name: &str| match member(policy, name) {
            None => Ok(None),
            Some(text) => {
                let period = text.as_str().and_then(dates::period).filter(|period| period.months == 0);
                let span = period.and_then(|period| Duration::try_from(period.rest).ok());
                span.map(Some).ok_or_else(|| {
                    Error::invalid(
                        format!("'{name}' must be a duration of ISO 8601, and is {text}."),
                        &path.member(name),
                    )
                })
            }
        };
        let count = member(policy, "count")
            .and_then(Value::as_u64)
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| (1..=90).contains(count));
        Ok(Self {
            count: count.ok_or_else(|| {
                Error::invalid("'count' of a retry policy must be an integer between 1 and 90.", &path)
            })?,
            interval: span("interval")?
                .ok_or_else(|| Error::invalid("A retry policy must have an 'interval'.", &path))?,
            doubles,
            least: span("minimumInterval")?.unwrap_or(DEFAULT.least),
            most: span("maximumInterval")?.unwrap_or(Duration::from_secs(86_400)),
        })
    }

    /// How long to wait before a request is sent again that was sent `sent` times and ended so; `None` where it is not.
    pub fn wait(&self, sent: u32, ended: &Result<Response, Failure>) -> Option<Duration> {
        let again = match ended {
            Ok(response) => matches!(response.status, 408 | 429 | 500..=599),
            Err(failure) => failure.again,
        };
        if !again || sent > self.count {
            return None;
        }
        if !self.doubles {
            return Some(self.interval);
        }
        let doubled = self.interval.saturating_mul(2_u32.saturating_pow(sent - 1));
        Some(doubled.max(self.least).min(self.most.max(self.least)))
    }
}
