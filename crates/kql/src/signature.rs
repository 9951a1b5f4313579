//! How a function or an aggregate is called: what its parameters take and what it returns.
//! Leaves out how the binder picks among several signatures (`bind::overload`).

use std::fmt;

use crate::Type;

/// One way of calling a function.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// The parameters, in order.
    pub parameters: &'static [Parameter],
    /// The type of the result.
    pub returns: Returns,
}

/// One parameter of a signature.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The name that the vendor's reference gives it.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// How often it may be given.
    pub occurs: Occurs,
}

/// What a parameter takes. An argument of type dynamic is accepted by every scalar parameter but `NotDynamic` only where the vendor's binder does so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Exactly this type; int widens to long, long to real, and so on.
    Type(Type),
    /// Any scalar.
    Scalar,
    /// Any scalar but a dynamic.
    NotDynamic,
    /// int or long.
    Integer,
    /// int, long, real, decimal.
    Number,
    /// A number or a bool.
    NumberOrBool,
    /// A number, a timespan, a datetime.
    Summable,
    /// Anything with an order: a number, bool, string, guid, datetime, timespan.
    Orderable,
    /// A string or a dynamic.
    StringOrDynamic,
    /// A dynamic that holds an array.
    Array,
    /// A dynamic that holds a property bag.
    Bag,
    /// Any scalar; all parameters that say so share one type.
    Common,
    /// As `Common`, but a dynamic may stand beside the others.
    CommonOrDynamic,
    /// `typeof(..)`.
    TypeLiteral,
    /// `*`, or any scalar.
    ScalarOrStar,
}

/// How often an argument may be given for a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurs {
    /// Exactly once.
    Once,
    /// Once or not at all.
    Optional,
    /// At least this often. Several repeated parameters in a row repeat as a group.
    Repeated(u8),
}

/// The type that a call has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// Always this one.
    Type(Type),
    /// That of the argument at this place, from 0.
    Argument(u8),
    /// That of the argument at this place, with int widened to long.
    Promoted(u8),
    /// The one type that the `Common` arguments share.
    Common,
    /// The widest of the numeric arguments.
    Widest,
    /// The type that a `typeof(..)` at this place names, from 0; string where it is not given.
    Named(u8),
}

impl Signature {
    /// A signature of these parameters.
    pub const fn new(parameters: &'static [Parameter], returns: Returns) -> Self {
        Self { parameters, returns }
    }
}

impl Parameter {
    /// A parameter given exactly once.
    pub const fn once(name: &'static str, takes: Takes) -> Self {
        Self { name, takes, occurs: Occurs::Once }
    }

    /// A parameter that may be left out.
    pub const fn optional(name: &'static str, takes: Takes) -> Self {
        Self { name, takes, occurs: Occurs::Optional }
    }

    /// A parameter given `least` times or more.
    pub const fn repeated(name: &'static str, takes: Takes, least: u8) -> Self {
        Self { name, takes, occurs: Occurs::Repeated(least) }
    }
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Type(ty) => ty.name(),
            Self::Scalar | Self::Common | Self::CommonOrDynamic => "scalar",
            Self::NotDynamic => "scalar other than dynamic",
            Self::Integer => "int or long",
            Self::Number => "number",
            Self::NumberOrBool => "number or bool",
            Self::Summable => "number, timespan or datetime",
            Self::Orderable => "number, timespan, datetime, string or bool",
            Self::StringOrDynamic => "string or dynamic",
            Self::Array => "dynamic array",
            Self::Bag => "dynamic property bag",
            Self::TypeLiteral => "typeof(..)",
            Self::ScalarOrStar => "scalar or *",
        })
    }
}
