//! The words of the two products, as their specifications spell them.

/// Declares an enum of wire words, with the spelling out and a case-blind reading in.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every word, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as the services spell it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word in any case; `None` where it is no such word.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str().eq_ignore_ascii_case(text))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                let unknown = || serde::de::Error::custom(format!("'{word}' is no {}", stringify!($name)));
                Self::parse(&word).ok_or_else(unknown)
            }
        }
    };
}

words! {
    /// Where an alert stands in Defender for Cloud (Microsoft.Security alerts, 2022-01-01).
    AlertStatus {
        /// Nobody has dealt with it. `New` in Sentinel.
        Active = "Active",
        /// The subscription owner works on it.
        InProgress = "InProgress",
        /// Closed after handling.
        Resolved = "Resolved",
        /// Dismissed as false positive.
        Dismissed = "Dismissed",
    }
}

impl AlertStatus {
    /// Whether nobody needs to look at the alert any more.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Resolved | Self::Dismissed)
    }

    /// The action that sets it.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Active => "Microsoft.Security/locations/alerts/activate/action",
            Self::InProgress => "Microsoft.Security/locations/alerts/inProgress/action",
            Self::Resolved => "Microsoft.Security/locations/alerts/resolve/action",
            Self::Dismissed => "Microsoft.Security/locations/alerts/dismiss/action",
        }
    }

    /// The word for it in the `SecurityAlert` table.
    pub fn in_sentinel(self) -> SentinelStatus {
        match self {
            Self::Active => SentinelStatus::New,
            Self::InProgress => SentinelStatus::InProgress,
            Self::Resolved => SentinelStatus::Resolved,
            Self::Dismissed => SentinelStatus::Dismissed,
        }
    }
}

words! {
    /// Where an alert stands in Sentinel: the `Status` column of `SecurityAlert`.
    SentinelStatus {
        /// `Active` in Defender for Cloud.
        New = "New",
        /// Worked on.
        InProgress = "InProgress",
        /// Closed after handling.
        Resolved = "Resolved",
        /// Dismissed as false positive.
        Dismissed = "Dismissed",
        /// Sentinel does not know.
        Unknown = "Unknown",
    }
}

impl SentinelStatus {
    /// The word for it in Defender for Cloud; unknown counts as active.
    pub fn in_defender(self) -> AlertStatus {
        match self {
            Self::New | Self::Unknown => AlertStatus::Active,
            Self::InProgress => AlertStatus::InProgress,
            Self::Resolved => AlertStatus::Resolved,
            Self::Dismissed => AlertStatus::Dismissed,
        }
    }
}

words! {
    /// Where an incident stands (SecurityInsights incidents, 2024-03-01).
    IncidentStatus {
        /// Nobody has picked it up.
        New = "New",
        /// Somebody works on it.
        Active = "Active",
        /// Done.
        Closed = "Closed",
    }
}

words! {
    /// How bad it is, for alerts and incidents alike.
    Severity {
        /// High.
        High = "High",
        /// Medium.
        Medium = "Medium",
        /// Low.
        Low = "Low",
        /// Informational.
        Informational = "Informational",
    }
}

impl Severity {
    /// The worse of the two.
    pub(crate) fn worse(self, other: Self) -> Self {
        let rank = |severity| Self::ALL.iter().position(|known| *known == severity);
        if rank(other) < rank(self) { other } else { self }
    }
}

words! {
    /// What a closed incident turned out to be.
    Classification {
        /// Nobody can say.
        Undetermined = "Undetermined",
        /// A real threat.
        TruePositive = "TruePositive",
        /// Real activity, and expected.
        BenignPositive = "BenignPositive",
        /// No such activity.
        FalsePositive = "FalsePositive",
    }
}

words! {
    /// Why a closed incident is classified as it is.
    Reason {
        /// Goes with `TruePositive`.
        SuspiciousActivity = "SuspiciousActivity",
        /// Goes with `BenignPositive`.
        SuspiciousButExpected = "SuspiciousButExpected",
        /// Goes with `FalsePositive`.
        IncorrectAlertLogic = "IncorrectAlertLogic",
        /// Goes with `FalsePositive`.
        InaccurateData = "InaccurateData",
    }
}

impl Classification {
    /// The reasons the service takes with it; none for `Undetermined`.
    pub fn reasons(self) -> &'static [Reason] {
        match self {
            Self::Undetermined => &[],
            Self::TruePositive => &[Reason::SuspiciousActivity],
            Self::BenignPositive => &[Reason::SuspiciousButExpected],
            Self::FalsePositive => &[Reason::IncorrectAlertLogic, Reason::InaccurateData],
        }
    }
}

words! {
    /// Where a task of an incident stands.
    TaskStatus {
        /// Open.
        New = "New",
        /// Done.
        Completed = "Completed",
    }
}
