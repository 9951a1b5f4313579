//! A tree back to its text, in the form that the vendor's compiler writes: one blank after a comma and none elsewhere.

use std::fmt;

use super::{Accessor, Expression, Kind, Step};

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Kind::Integer(value) => write!(f, "{value}"),
            Kind::Real(value) => write!(f, "{value:?}"),
            Kind::Boolean(value) => write!(f, "{value}"),
            Kind::Null => f.write_str("null"),
            Kind::Call(call) => {
                if let Some(namespace) = &call.namespace {
                    write!(f, "{namespace}.")?;
                }
                write!(f, "{}(", call.name)?;
                for (position, argument) in call.arguments.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    write!(f, "{comma}{argument}")?;
                }
                f.write_str(")")
            }
            Kind::Access { base, path } => {
                write!(f, "{base}")?;
                path.iter().try_for_each(|accessor| write!(f, "{accessor}"))
            }
        }
    }
}

impl fmt::Display for Accessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.safe {
            f.write_str("?")?;
        }
        match &self.step {
            Step::Member(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}
