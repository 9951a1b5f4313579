//! Short forms for signatures, whose lists would drown in their own words otherwise.

use crate::Type;
use crate::signature::{Parameter, Returns, Signature, Takes};

pub(super) const BOOL: Takes = Takes::Type(Type::Bool);
pub(super) const LONG: Takes = Takes::Type(Type::Long);
pub(super) const REAL: Takes = Takes::Type(Type::Real);
pub(super) const TEXT: Takes = Takes::Type(Type::String);
pub(super) const DATETIME: Takes = Takes::Type(Type::Datetime);
pub(super) const TIMESPAN: Takes = Takes::Type(Type::Timespan);
pub(super) const GUID: Takes = Takes::Type(Type::Guid);
pub(super) const TEXTUAL: Takes = Takes::StringOrDynamic;

pub(super) const fn one(name: &'static str, takes: Takes) -> Parameter {
    Parameter::once(name, takes)
}

pub(super) const fn maybe(name: &'static str, takes: Takes) -> Parameter {
    Parameter::optional(name, takes)
}

pub(super) const fn many(name: &'static str, takes: Takes, least: u8) -> Parameter {
    Parameter::repeated(name, takes, least)
}

/// A signature whose result is always of this type.
pub(super) const fn gives(parameters: &'static [Parameter], returns: Type) -> Signature {
    Signature::new(parameters, Returns::Type(returns))
}

/// A signature whose result has the type of the argument at a place.
pub(super) const fn keeps(parameters: &'static [Parameter], place: u8) -> Signature {
    Signature::new(parameters, Returns::Argument(place))
}
