//! The switches of the world.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::World;

/// Switches of the world. Every one has a default that says what most tenants see.
///
/// Read from a file, every one may be left out; durations are seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
    /// How long Defender for Cloud keeps an alert.
    #[serde(with = "seconds")]
    pub alert_retention: Duration,
    /// Whether setting an alert's status at its resource group's path works. Off, it succeeds and changes nothing, as somebody
    /// saw (Azure/azure-cli issue 20487).
    pub group_path_sets_status: bool,
    /// How long the activity log takes to tell of something.
    #[serde(with = "seconds")]
    pub activity_delay: Duration,
    /// Whether the activity logs of connected subscriptions are sent to the workspaces' `AzureActivity`, which takes a diagnostic
    /// setting. Default: on. The table is there either way (assumed).
    pub activity_table: bool,
    /// How long a role assignment takes to hold.
    #[serde(with = "seconds")]
    pub rights_delay: Duration,
    /// Which portal the workspaces are in. Into the Defender portal leads a way that turns incident creation rules off; the
    /// way back leaves them off.
    pub portal: Portal,
    /// In the Defender portal, how long changes of one incident are gathered until a row tells the last of them.
    #[serde(with = "seconds")]
    pub batching: Duration,
    /// What chance is drawn from, for the switches below.
    pub seed: u64,
    /// By how much, at most, each row comes later than the delay: rows may come in another order than they were written.
    #[serde(with = "seconds")]
    pub jitter: Duration,
    /// The share of rows, from 0 to 1, that comes later by `lateness`.
    #[serde(deserialize_with = "share")]
    pub late_rows: f64,
    /// How much later such a row comes.
    #[serde(with = "seconds")]
    pub lateness: Duration,
    /// The share of rows, from 0 to 1, that comes twice.
    #[serde(deserialize_with = "share")]
    pub duplicate_rows: f64,
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
            alert_retention: Duration::from_secs(90 * 86_400),
            group_path_sets_status: true,
            activity_delay: Duration::ZERO,
            activity_table: true,
            rights_delay: Duration::ZERO,
            portal: Portal::Azure,
            batching: Duration::from_secs(300),
            seed: 0,
            jitter: Duration::ZERO,
            late_rows: 0.0,
            lateness: Duration::from_secs(1800),
            duplicate_rows: 0.0,
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
        let into_defender = self.in_defender() && before.portal == Portal::Azure;
        if into_defender {
            self.settings.incident_creation = false;
            self.sentinels.iter_mut().for_each(|one| one.incidents.take_over_by_xdr());
        }
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

    /// Whether the workspaces are in the Defender portal.
    pub(crate) fn in_defender(&self) -> bool {
        self.settings.portal == Portal::Defender
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

/// Which portal the workspaces are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Portal {
    /// The Azure portal: Sentinel makes incidents by its own rules.
    #[default]
    Azure,
    /// The Defender portal: Microsoft Defender XDR makes incidents and brings them to the first workspace.
    Defender,
}

fn share<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(serde::de::Error::custom(format!("{share} is no share: a number from 0 to 1")))
    }
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
