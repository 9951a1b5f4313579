//! The switches of the world.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::World;

/// Switches of the world. Every one has a default that says what most tenants see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How long a change takes to become a row that queries see.
    #[serde(with = "seconds")]
    pub delay: Duration,
    /// Whether any connector brings Defender for Cloud's alerts to a workspace. Default: on. Off turns all of them off; on,
    /// where all are off, turns all on.
    pub connector: bool,
    /// Whether any Microsoft incident creation rule for them is on. Default: on. Set as the connector is.
    pub incident_creation: bool,
    /// Whether the bi-directional alert sync of any subscription is on. Default: on. Set as the connector is.
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

impl World {
    /// The switches as they stand.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets the switches. What happens from now on follows them; what is on its way stays on its way.
    pub fn set_settings(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, settings);
        let now = self.settings.clone();
        if now.connector != before.connector {
            self.switch_connectors(now.connector);
        }
        if now.incident_creation != before.incident_creation {
            self.switch_creation_rules(now.incident_creation);
        }
        if now.bidirectional_sync != before.bidirectional_sync {
            self.switch_sync(now.bidirectional_sync);
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
