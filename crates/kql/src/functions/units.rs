//! Conversions between units of measure. A unit that is missing from a table is refused by name.

use super::shapes::*;
use super::{Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Type, Value};

const CONVERT: &[Signature] = &[gives(&[one("value", Takes::Number), one("from", TEXT), one("to", TEXT)], Type::Real)];

/// A unit: its name, what one of it is worth in the first unit of the table, and what that has added to it at zero.
type Unit = (&'static str, f64, f64);

const ANGLE: &[Unit] = &[
    ("Radian", 1.0, 0.0),
    ("Degree", std::f64::consts::PI / 180.0, 0.0),
    ("Arcminute", std::f64::consts::PI / 10_800.0, 0.0),
    ("Arcsecond", std::f64::consts::PI / 648_000.0, 0.0),
    ("Gradian", std::f64::consts::PI / 200.0, 0.0),
    ("Revolution", std::f64::consts::TAU, 0.0),
    ("Milliradian", 1e-3, 0.0),
    ("Microradian", 1e-6, 0.0),
];

const ENERGY: &[Unit] = &[
    ("Joule", 1.0, 0.0),
    ("Kilojoule", 1e3, 0.0),
    ("Megajoule", 1e6, 0.0),
    ("Gigajoule", 1e9, 0.0),
    ("Millijoule", 1e-3, 0.0),
    ("WattHour", 3.6e3, 0.0),
    ("KilowattHour", 3.6e6, 0.0),
    ("MegawattHour", 3.6e9, 0.0),
    ("Calorie", 4.184, 0.0),
    ("Kilocalorie", 4.184e3, 0.0),
    ("BritishThermalUnit", 1055.05585262, 0.0),
];

const FORCE: &[Unit] = &[
    ("Newton", 1.0, 0.0),
    ("Kilonewton", 1e3, 0.0),
    ("Meganewton", 1e6, 0.0),
    ("Millinewton", 1e-3, 0.0),
    ("Micronewton", 1e-6, 0.0),
    ("Decanewton", 10.0, 0.0),
    ("Dyn", 1e-5, 0.0),
    ("KilogramForce", 9.80665, 0.0),
    ("KiloPond", 9.80665, 0.0),
    ("PoundForce", 4.4482216152605, 0.0),
];

const LENGTH: &[Unit] = &[
    ("Meter", 1.0, 0.0),
    ("Kilometer", 1e3, 0.0),
    ("Hectometer", 1e2, 0.0),
    ("Decimeter", 1e-1, 0.0),
    ("Centimeter", 1e-2, 0.0),
    ("Millimeter", 1e-3, 0.0),
    ("Micrometer", 1e-6, 0.0),
    ("Nanometer", 1e-9, 0.0),
    ("Foot", 0.3048, 0.0),
    ("Inch", 0.0254, 0.0),
    ("Yard", 0.9144, 0.0),
    ("NauticalMile", 1852.0, 0.0),
];

const MASS: &[Unit] = &[
    ("Kilogram", 1.0, 0.0),
    ("Gram", 1e-3, 0.0),
    ("Milligram", 1e-6, 0.0),
    ("Microgram", 1e-9, 0.0),
    ("Tonne", 1e3, 0.0),
    ("Pound", 0.45359237, 0.0),
];

const SPEED: &[Unit] = &[
    ("MeterPerSecond", 1.0, 0.0),
    ("MeterPerMinute", 1.0 / 60.0, 0.0),
    ("MeterPerHour", 1.0 / 3600.0, 0.0),
    ("KilometerPerSecond", 1e3, 0.0),
    ("KilometerPerMinute", 1e3 / 60.0, 0.0),
    ("KilometerPerHour", 1e3 / 3600.0, 0.0),
    ("CentimeterPerSecond", 1e-2, 0.0),
    ("CentimeterPerMinute", 1e-2 / 60.0, 0.0),
    ("CentimeterPerHour", 1e-2 / 3600.0, 0.0),
    ("MillimeterPerSecond", 1e-3, 0.0),
];

const TEMPERATURE: &[Unit] = &[
    ("Kelvin", 1.0, 0.0),
    ("MillidegreeCelsius", 1e-3, 273.15),
    ("DegreeCelsius", 1.0, 273.15),
    ("DegreeFahrenheit", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    ("DegreeRankine", 5.0 / 9.0, 0.0),
];

const VOLUME: &[Unit] = &[
    ("CubicMeter", 1.0, 0.0),
    ("CubicKilometer", 1e9, 0.0),
    ("CubicDecimeter", 1e-3, 0.0),
    ("CubicCentimeter", 1e-6, 0.0),
    ("CubicMillimeter", 1e-9, 0.0),
    ("Liter", 1e-3, 0.0),
    ("Hectoliter", 1e-1, 0.0),
    ("Deciliter", 1e-4, 0.0),
    ("Centiliter", 1e-5, 0.0),
    ("Milliliter", 1e-6, 0.0),
    // The service rounds what a cubic metre is in acre feet.
    ("AcreFoot", 1.0 / 0.000810714, 0.0),
];

macro_rules! conversion {
    ($name:literal, $units:ident, $of:literal, $examples:expr) => {
        Function::new($name, CONVERT, $of, $examples, Eval::Fallible(|_, args| converted(args, $units)))
    };
}

pub(super) static FUNCTIONS: &[Function] = &[
    conversion!(
        "convert_angle",
        ANGLE,
        "An angle in another unit.",
        &[("round(convert_angle(1.2, 'Degree', 'Arcminute'), 9)", "72.0")]
    ),
    conversion!(
        "convert_energy",
        ENERGY,
        "An energy in another unit.",
        &[("convert_energy(1.2, 'Kilojoule', 'Joule')", "1200.0")]
    ),
    conversion!(
        "convert_force",
        FORCE,
        "A force in another unit.",
        &[("convert_force(1, 'KilogramForce', 'Newton')", "9.80665")]
    ),
    conversion!(
        "convert_length",
        LENGTH,
        "A length in another unit.",
        &[("convert_length(1, 'Foot', 'Meter')", "0.3048")]
    ),
    conversion!(
        "convert_mass",
        MASS,
        "A mass in another unit.",
        &[("convert_mass(1, 'Pound', 'Kilogram')", "0.45359237")]
    ),
    conversion!(
        "convert_speed",
        SPEED,
        "A speed in another unit.",
        &[("round(convert_speed(1.2, 'MeterPerSecond', 'CentimeterPerHour'), 3)", "432000.0")]
    ),
    conversion!(
        "convert_temperature",
        TEMPERATURE,
        "A temperature in another unit.",
        &[("convert_temperature(1.2, 'Kelvin', 'DegreeCelsius')", "-271.95")]
    ),
    conversion!(
        "convert_volume",
        VOLUME,
        "A volume in another unit.",
        &[("convert_volume(1, 'Liter', 'CubicMeter')", "0.001")]
    ),
];

fn converted(args: &[Cell<'_>], units: &[Unit]) -> Result<Value, String> {
    let unit = |cell: Cell<'_>| {
        let name = cell.text();
        units.iter().find(|(known, ..)| *known == name).ok_or_else(|| {
            let known: Vec<&str> = units.iter().map(|(name, ..)| *name).collect();
            format!("the unit '{name}' is not supported by this engine, which knows {}", known.join(", "))
        })
    };
    let ((_, from, from_zero), (_, to, to_zero)) = (unit(args[1])?, unit(args[2])?);
    Ok(Value::Real(
        args[0].real().map(|value| {
            if from_zero == to_zero { value * from / to } else { (value * from + from_zero - to_zero) / to }
        }),
    ))
}
