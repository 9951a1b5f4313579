//! Time zones: between UTC and the clocks of a zone of the IANA database, which is part of the program.

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use super::given::array;
use super::shapes::*;
use super::{Eval, Function};
use crate::signature::Signature;
use crate::timespan::SECOND;
use crate::{Datetime, Dynamic, Type, Value};

const ZONED: &[Signature] = &[gives(&[one("from", DATETIME), one("timezone", TEXT)], Type::Datetime)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "datetime_utc_to_local",
        ZONED,
        "What the clocks of a time zone show at a time in UTC; null where there is no such zone.",
        &[
            ("datetime_utc_to_local(datetime(2022-03-27 01:00), 'Europe/Brussels')", "2022-03-27T03:00:00.0000000Z"),
            ("datetime_utc_to_local(datetime(2022-03-27), 'Europe/Nowhere')", ""),
        ],
        Eval::Cells(|_, args| Value::Datetime((|| local(args[0].datetime()?, &zone(&args[1].text())?))())),
    ),
    Function::new(
        "datetime_local_to_utc",
        ZONED,
        "The time in UTC at which the clocks of a time zone show a time: the first where they show it twice, and where they skip it as if \
         they had been set forward before.",
        &[
            ("datetime_local_to_utc(datetime(2020-02-02 20:02:20), 'US/Pacific')", "2020-02-03T04:02:20.0000000Z"),
            ("datetime_local_to_utc(datetime(2022-03-27 02:00), 'Europe/Brussels')", "2022-03-27T00:00:00.0000000Z"),
        ],
        Eval::Cells(|_, args| Value::Datetime((|| utc(args[0].datetime()?, &zone(&args[1].text())?))())),
    ),
    Function::new(
        "datetime_list_timezones",
        &[gives(&[], Type::Dynamic)],
        "The names of all time zones, in order.",
        &[("array_index_of(datetime_list_timezones(), 'Europe/Brussels') > 0", "True")],
        Eval::Cells(|_, _| {
            // The database has a zone of its own for clocks that nobody has set.
            let mut names: Vec<String> = TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
            names.retain(|name| name != "Factory");
            names.sort_unstable();
            array(names.iter().map(|name| Dynamic::string(name)))
        }),
    ),
];

fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

fn timestamp(at: Datetime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(at.unix_nanoseconds()).ok()
}

fn local(at: Datetime, zone: &TimeZone) -> Option<Datetime> {
    let offset = zone.to_offset(timestamp(at)?);
    Datetime::from_ticks(at.0 + i64::from(offset.seconds()) * SECOND)
}

fn utc(at: Datetime, zone: &TimeZone) -> Option<Datetime> {
    let clock = TimeZone::UTC.to_datetime(timestamp(at)?);
    let offset = match zone.to_ambiguous_timestamp(clock).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { after, .. } => after,
        AmbiguousOffset::Fold { before, .. } => before,
    };
    Datetime::from_ticks(at.0 - i64::from(offset.seconds()) * SECOND)
}
