//! The switches of the world.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Switches of the world. Every one has a default that says what most tenants see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How long a change takes to become a row that queries see.
    #[serde(with = "seconds")]
    pub delay: Duration,
    /// Whether Defender for Cloud's alerts reach Sentinel at all. Default: on.
    pub connector: bool,
    /// Whether the Microsoft incident creation rule is on. Default: on.
    pub incident_creation: bool,
    /// Whether the subscription's bi-directional alert sync is on. Default: on.
    pub bidirectional_sync: bool,
    /// What becomes of an alert that is already finished when its incident is closed.
    pub finished_alert: FinishedAlert,
    /// Whether a change of an incident also writes a row for each of its alerts. Default: off.
    pub alert_row_on_incident_change: bool,
    /// How long a role assignment takes to hold.
    #[serde(with = "seconds")]
    pub rights_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            connector: true,
            incident_creation: true,
            bidirectional_sync: true,
            finished_alert: FinishedAlert::Stays,
            alert_row_on_incident_change: false,
            rights_delay: Duration::ZERO,
        }
    }
}

/// What becomes of an alert that is already finished when its incident is closed: nobody published it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FinishedAlert {
    /// It stays dismissed or resolved.
    #[default]
    Stays,
    /// It becomes resolved.
    Resolved,
}

/// Durations as seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| D::Error::custom(format!("{seconds} is no number of seconds, 0 or more")))
    }
}
