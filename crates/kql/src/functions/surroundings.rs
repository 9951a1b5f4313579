//! Functions of where and as what a query runs, which a table in memory has no answer for, and those whose rule is not documented: the binder
//! knows their types, and rows are refused. Also what is made up anew each time.

use std::hash::BuildHasher;

use super::shapes::*;
use super::{Eval, Function};
use crate::column::{Column, Values};
use crate::signature::Takes;
use crate::{Guid, Type};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "new_guid",
        &[gives(&[], Type::Guid)],
        "A random guid, another for each row.",
        &[("strlen(tostring(new_guid()))", "36")],
        Eval::Columns(|call, _| guids(call.rows)),
    ),
    Function::new(
        "rand",
        &[gives(&[maybe("N", Takes::Number)], Type::Real)],
        "A random number from 0 up to 1, or a whole one from 0 up to N; another for each row.",
        &[("rand() < 1", "True"), ("rand(10) < 10", "True")],
        Eval::Columns(|call, columns| numbers(call.rows, columns.first())),
    ),
    Function::new(
        "hash_combine",
        &[gives(&[many("hash", LONG, 2)], Type::Long)],
        "One hash of several.",
        &[],
        Eval::Refused,
    ),
    Function::new(
        "hash_many",
        &[gives(&[many("value", Takes::Scalar, 1)], Type::Long)],
        "One hash of several values.",
        &[],
        Eval::Refused,
    ),
    Function::new(
        "gzip_compress_to_base64_string",
        &[gives(&[one("string", TEXT)], Type::String)],
        "The gzip of a text in Base64, whose bytes depend on who compresses.",
        &[],
        Eval::Refused,
    ),
    Function::new(
        "zlib_compress_to_base64_string",
        &[gives(&[one("string", TEXT)], Type::String)],
        "The zlib of a text in Base64, whose bytes depend on who compresses.",
        &[],
        Eval::Refused,
    ),
    Function::new("current_principal", &[gives(&[], Type::String)], "Who runs the query.", &[], Eval::Refused),
    Function::new("current_principal_details", &[gives(&[], Type::Dynamic)], "Who runs the query.", &[], Eval::Refused),
    Function::new(
        "current_principal_is_member_of",
        &[gives(&[many("group", Takes::Scalar, 1)], Type::Bool)],
        "Whether who runs the query is of a group.",
        &[],
        Eval::Refused,
    ),
    Function::new("current_cluster_endpoint", &[gives(&[], Type::String)], "Where the query runs.", &[], Eval::Refused),
    Function::new("current_database", &[gives(&[], Type::String)], "What the query runs over.", &[], Eval::Refused),
];

/// Bits that are new for each row. They need not be secret.
fn random(rows: usize) -> impl Iterator<Item = u64> {
    let state = foldhash::quality::RandomState::default();
    (0..2 * rows).map(move |place| state.hash_one(place))
}

/// A guid of version 4 for each row.
fn guids(rows: usize) -> Column {
    let bits: Vec<u64> = random(rows).collect();
    let guid = |pair: &[u64]| {
        let all = u128::from(pair[0]) << 64 | u128::from(pair[1]);
        let marked = all & !(0xf000 << 64) & !(0b11 << 62) | 0x4000 << 64 | 0b10 << 62;
        Some(Guid::from_bytes(marked.to_be_bytes()))
    };
    Column::new(Values::Guid(bits.chunks_exact(2).map(guid).collect()))
}

/// A number from 0 up to 1 for each row, or a whole one from 0 up to a bound.
fn numbers(rows: usize, bound: Option<&Column>) -> Column {
    let unit = |bits: u64| (bits >> 11) as f64 / (1u64 << 53) as f64;
    let number = |(row, bits): (usize, u64)| match bound {
        None => Some(unit(bits)),
        Some(bound) => {
            bound.cell(row).real().map(|bound| if bound > 1.0 { (unit(bits) * bound).floor() } else { unit(bits) })
        }
    };
    Column::new(Values::Real(random(rows).take(rows).enumerate().map(number).collect()))
}
