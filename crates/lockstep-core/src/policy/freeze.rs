//! Windows of time in which nothing is to be done.

use alloc::string::String;

use crate::time::Time;

/// A window of time in which nothing is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// What people call it.
    pub name: String,
    /// When it is.
    pub time: FrozenTime,
    /// What does not happen in it.
    pub what: Frozen,
}

/// What does not happen in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// Lowering.
    Lowering,
    /// Everything.
    Everything,
}

impl Frozen {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Lowering, Self::Everything];
}

/// When a window is: from its first moment until just before its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrozenTime {
    /// Once.
    Once {
        /// The first moment.
        from: Time,
        /// The first moment after it.
        until: Time,
    },
    /// Each week, in UTC; from Friday until Monday goes over the weekend.
    Weekly {
        /// The first moment.
        from: WeekTime,
        /// The first moment after it.
        until: WeekTime,
    },
}

/// A minute of the week, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeekTime(u16);

impl WeekTime {
    /// Day 0 is Monday; `None` where there is no such minute.
    pub fn new(day: u8, hour: u8, minute: u8) -> Option<Self> {
        let exists = day < 7 && hour < 24 && minute < 60;
        exists.then(|| Self((u16::from(day) * 24 + u16::from(hour)) * 60 + u16::from(minute)))
    }

    /// The day, from Monday as 0; the hour; the minute.
    pub fn parts(self) -> (u8, u8, u8) {
        let part = |number: u16| u8::try_from(number).expect("a week has seven days of 24 hours of 60 minutes");
        (part(self.0 / (24 * 60)), part(self.0 / 60 % 24), part(self.0 % 60))
    }

    fn of(time: Time) -> Self {
        let minutes = time.ticks().div_euclid(60 * Time::TICKS_PER_SECOND);
        // 1970 began on a Thursday.
        let minute = (minutes + 3 * 24 * 60).rem_euclid(7 * 24 * 60);
        Self(u16::try_from(minute).expect("a remainder of 10,080 is below it"))
    }
}

impl Freeze {
    /// Whether the window holds `now`.
    pub fn covers(&self, now: Time) -> bool {
        match self.time {
            FrozenTime::Once { from, until } => from <= now && now < until,
            FrozenTime::Weekly { from, until } => {
                let now = WeekTime::of(now);
                if from <= until { from <= now && now < until } else { from <= now || now < until }
            }
        }
    }
}
