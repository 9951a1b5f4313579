//! Why incidents need nothing, as the tables show it: each reason is counted.

use lockstep_core::Reason;

/// Why an incident needs nothing, as the tables show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Untouched {
    /// It holds no alert of Defender for Cloud.
    OtherProduct,
    /// It is closed already.
    Closed,
    /// It names no alerts.
    NoAlerts,
    /// No alert has been touched.
    AlertsNew,
    /// At least one alert is still new while others have moved.
    AlertStillNew,
    /// Some alerts are finished, some are in progress.
    AlertsDisagree,
    /// The policy leaves incidents of such alerts as they are.
    NotMapped,
    /// Incident and alerts say the same.
    InStep,
    /// An alert has no row, or is in a state that is not known.
    AlertUnclear,
    /// The incident is in a state that is not known.
    IncidentUnclear,
    /// No row says yet which alerts it holds.
    AlertsUnnamed,
}

impl Untouched {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::OtherProduct,
        Self::Closed,
        Self::NoAlerts,
        Self::AlertsNew,
        Self::AlertStillNew,
        Self::AlertsDisagree,
        Self::NotMapped,
        Self::InStep,
        Self::AlertUnclear,
        Self::IncidentUnclear,
        Self::AlertsUnnamed,
    ];

    /// What a decision's own reason counts as; `None` where the incident is shown instead.
    pub fn of(reason: &Reason) -> Option<Self> {
        let is_unknown = reason.is_unknown();
        Self::ALL.iter().copied().find(|untouched| !is_unknown && untouched.word() == reason.word())
    }

    /// The word for it, the same as that of the decision's own reason.
    pub fn word(self) -> &'static str {
        match self {
            Self::OtherProduct => "other-product",
            Self::Closed => "closed",
            Self::NoAlerts => "no-alerts",
            Self::AlertsNew => "alerts-new",
            Self::AlertStillNew => "alert-still-new",
            Self::AlertsDisagree => "alerts-disagree",
            Self::NotMapped => "not-mapped",
            Self::InStep => "in-step",
            Self::AlertUnclear => "alert-unclear",
            Self::IncidentUnclear => "incident-unclear",
            Self::AlertsUnnamed => "alerts-unnamed",
        }
    }
}
