//! How much may happen: the brake over windows of time, and the ceilings of one pass.

/// The brake on lowering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brake {
    /// There is none.
    Off,
    /// More than this waits until somebody has looked.
    On(Limits),
}

/// How many lowerings sliding windows may hold; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In an hour, in the workspace.
    pub workspace_hour: Option<u32>,
    /// In a day, in the workspace.
    pub workspace_day: Option<u32>,
    /// In an hour, of one subscription's alerts.
    pub subscription_hour: Option<u32>,
    /// In a day, of one subscription's alerts.
    pub subscription_day: Option<u32>,
    /// In an hour, for the acts of one person.
    pub person_hour: Option<u32>,
    /// In a day, of the incidents that are open.
    pub share: Option<Share>,
}

/// A share of the open incidents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which share, in percent.
    pub percent: u8,
    /// It means nothing where fewer are open.
    pub floor: u32,
}

impl Default for Limits {
    /// What every preset has.
    fn default() -> Self {
        Self {
            workspace_hour: Some(50),
            workspace_day: Some(200),
            subscription_hour: None,
            subscription_day: None,
            person_hour: Some(20),
            share: Some(Share { percent: 30, floor: 20 }),
        }
    }
}

/// How much one pass may do; what is beyond waits for the next. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ceilings {
    /// How many changes of any kind.
    pub changes: Option<u32>,
    /// How many that lower.
    pub lowerings: Option<u32>,
}
