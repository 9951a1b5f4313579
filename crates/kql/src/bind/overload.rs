//! Which signature a call means, and the conversions that its arguments need for it.

use super::operators::widest;
use crate::Type;
use crate::plan::Scalar;
use crate::signature::{Occurs, Parameter, Returns, Signature, Takes};

/// An argument of a call.
#[derive(Clone)]
pub(super) enum Given {
    Value(Scalar),
    /// `typeof(type)`
    Type(Type),
}

/// Why no signature fits.
pub(super) enum Misfit {
    /// The number of arguments: the least and the most that would do.
    Number(usize, usize),
    /// The argument at this place; what the parameter takes.
    Argument(usize, Takes),
    /// No type that all of the arguments share.
    NoCommonType,
}

/// The arguments for the signature that fits best, and the type of the result.
pub(super) fn resolve(signatures: &[Signature], given: &[Given]) -> Result<(Vec<Scalar>, Type), Misfit> {
    let mut misfit = None;
    let mut best: Option<(u32, Vec<Scalar>, Type)> = None;
    for signature in signatures {
        match fit(signature, given) {
            Ok((cost, arguments, ty)) => {
                if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                    best = Some((cost, arguments, ty));
                }
            }
            Err(reason) => misfit = Some(worse(misfit, reason)),
        }
    }
    match best {
        Some((_, arguments, ty)) => Ok((arguments, ty)),
        None => Err(misfit.unwrap_or(Misfit::Number(0, 0))),
    }
}

/// The more telling of two reasons: a wrong argument says more than a wrong number of them.
fn worse(known: Option<Misfit>, found: Misfit) -> Misfit {
    match (known, found) {
        (Some(Misfit::Number(a, b)), Misfit::Number(c, d)) => Misfit::Number(a.min(c), b.max(d)),
        (Some(known @ (Misfit::Argument(..) | Misfit::NoCommonType)), Misfit::Number(..)) => known,
        (Some(Misfit::Argument(a, takes)), Misfit::Argument(b, _)) if a >= b => Misfit::Argument(a, takes),
        (_, found) => found,
    }
}

fn fit(signature: &Signature, given: &[Given]) -> Result<(u32, Vec<Scalar>, Type), Misfit> {
    let parameters = laid_out(signature.parameters, given.len())?;
    let mut cost = 0;
    for (place, (parameter, given)) in parameters.iter().zip(given).enumerate() {
        cost += accept(parameter.takes, given).ok_or(Misfit::Argument(place, parameter.takes))?;
    }
    let common = common_type(&parameters, given)?;
    let widest = given
        .iter()
        .filter_map(|given| match given {
            Given::Value(value) if value.ty.is_numeric() => Some(value.ty),
            _ => None,
        })
        .reduce(widest)
        .map(|ty| widest(ty, Type::Long));
    let mut arguments = Vec::with_capacity(given.len());
    let mut named = None;
    for (place, (parameter, given)) in parameters.iter().zip(given).enumerate() {
        match given {
            Given::Type(ty) => named = Some((place, *ty)),
            Given::Value(value) => {
                let target = match parameter.takes {
                    Takes::Type(ty) => ty,
                    Takes::Common | Takes::CommonOrDynamic => common.unwrap_or(value.ty),
                    Takes::Number if signature.returns == Returns::Widest => widest.unwrap_or(value.ty),
                    _ => value.ty,
                };
                arguments.push(Scalar::converted(value.clone(), target));
            }
        }
    }
    let argument_type = |place: u8| match given.get(usize::from(place)) {
        Some(Given::Value(value)) => value.ty,
        _ => Type::Dynamic,
    };
    let ty = match signature.returns {
        Returns::Type(ty) => ty,
        Returns::Argument(place) => argument_type(place),
        Returns::Promoted(place) => match argument_type(place) {
            Type::Int => Type::Long,
            ty => ty,
        },
        Returns::Common => common.unwrap_or(Type::Dynamic),
        Returns::Widest => widest.unwrap_or(Type::Real),
        Returns::Named(_) => named.map_or(Type::String, |(_, ty)| ty),
    };
    Ok((cost, arguments, ty))
}

/// The parameter of each argument.
fn laid_out(parameters: &'static [Parameter], given: usize) -> Result<Vec<&'static Parameter>, Misfit> {
    let repeated = parameters.iter().filter(|parameter| matches!(parameter.occurs, Occurs::Repeated(_))).count();
    let once = parameters.iter().filter(|parameter| parameter.occurs == Occurs::Once).count();
    let optional = parameters.iter().filter(|parameter| parameter.occurs == Occurs::Optional).count();
    let least_rounds = parameters
        .iter()
        .filter_map(|parameter| match parameter.occurs {
            Occurs::Repeated(least) => Some(usize::from(least)),
            _ => None,
        })
        .max()
        .unwrap_or(0);
    let least = once + repeated * least_rounds;
    let most = if repeated > 0 { usize::MAX } else { once + optional };
    if given < least || given > most {
        return Err(Misfit::Number(least, most));
    }
    if repeated == 0 {
        return Ok(parameters.iter().take(given).collect());
    }
    let spare = given - once;
    let rounds = spare / repeated;
    let options = (spare % repeated).min(optional);
    if rounds < least_rounds || rounds * repeated + options != spare {
        return Err(Misfit::Number(least, most));
    }
    let first = parameters.iter().position(|parameter| matches!(parameter.occurs, Occurs::Repeated(_))).unwrap_or(0);
    let mut laid: Vec<&Parameter> = parameters[..first].iter().collect();
    for _ in 0..rounds {
        laid.extend(&parameters[first..first + repeated]);
    }
    laid.extend(&parameters[first + repeated..]);
    laid.truncate(given);
    Ok(laid)
}

/// What it costs to give a parameter this argument; nothing where it does not fit.
fn accept(takes: Takes, given: &Given) -> Option<u32> {
    let value = match (takes, given) {
        (Takes::TypeLiteral, Given::Type(_)) => return Some(0),
        (Takes::TypeLiteral, _) | (_, Given::Type(_)) => return None,
        (_, Given::Value(value)) => value,
    };
    let ty = value.ty;
    let fits = |fits: bool| fits.then_some(0);
    match takes {
        Takes::Type(wanted) => assign(ty, wanted),
        Takes::Scalar | Takes::ScalarOrStar | Takes::Common | Takes::CommonOrDynamic => Some(0),
        Takes::NotDynamic => fits(ty != Type::Dynamic),
        Takes::Integer => fits(matches!(ty, Type::Int | Type::Long)),
        Takes::Number => fits(ty.is_numeric()),
        Takes::NumberOrBool => fits(ty.is_numeric() || ty == Type::Bool),
        Takes::Summable => fits(ty.is_numeric() || matches!(ty, Type::Timespan | Type::Datetime)),
        Takes::Orderable => fits(ty != Type::Dynamic),
        Takes::StringOrDynamic => fits(matches!(ty, Type::String | Type::Dynamic)),
        Takes::Array | Takes::Bag => fits(ty == Type::Dynamic),
        Takes::TypeLiteral => None,
    }
}

/// What it costs to make one type of another without being asked.
fn assign(from: Type, to: Type) -> Option<u32> {
    match (from, to) {
        _ if from == to => Some(0),
        (Type::Int, Type::Long) => Some(1),
        (Type::Int | Type::Long, Type::Real) => Some(2),
        (Type::Int | Type::Long | Type::Real, Type::Decimal) => Some(3),
        (Type::Dynamic, Type::String) => Some(4),
        (_, Type::String) => Some(5),
        _ => None,
    }
}

/// The type that all `Common` arguments share.
fn common_type(parameters: &[&Parameter], given: &[Given]) -> Result<Option<Type>, Misfit> {
    let mut common: Option<Type> = None;
    let mut lenient = false;
    let mut dynamic = false;
    for (parameter, given) in parameters.iter().zip(given) {
        let Given::Value(value) = given else { continue };
        match parameter.takes {
            Takes::Common => {}
            Takes::CommonOrDynamic => lenient = true,
            _ => continue,
        }
        if value.ty == Type::Dynamic && parameter.takes == Takes::CommonOrDynamic {
            dynamic = true;
            continue;
        }
        common = match common {
            None => Some(value.ty),
            Some(known) if known == value.ty => Some(known),
            Some(known) if known.is_numeric() && value.ty.is_numeric() => Some(widest(known, value.ty)),
            // The engine makes a dynamic of what has nothing else in common.
            Some(_) if lenient => return Ok(Some(Type::Dynamic)),
            Some(_) => return Err(Misfit::NoCommonType),
        };
    }
    Ok(common.or(dynamic.then_some(Type::Dynamic)))
}
