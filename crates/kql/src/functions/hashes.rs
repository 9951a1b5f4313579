//! Hashes: the 64-bit ones of a value's bytes, the digests of its text.
//! Leaves out the combining ones, whose rule is not documented.

use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use twox_hash::XxHash64;

use super::given::text;
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Type, Value};

const DIGEST: &[Signature] = &[gives(&[one("source", Takes::NotDynamic)], Type::String)];
const HASH: &[Signature] = &[gives(&[one("source", Takes::NotDynamic), maybe("mod", Takes::Integer)], Type::Long)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "hash",
        HASH,
        "The xxHash64 of a string, long, datetime or timespan, or its remainder by the second argument.",
        &[
            ("hash('World')", "1846988464401551951"),
            ("hash('World', 100)", "51"),
            ("hash(datetime(2015-01-01))", "1380966698541616202"),
        ],
        Eval::Fallible(xxhash64),
    ),
    Function::new(
        "hash_xxhash64",
        HASH,
        "The same as `hash`.",
        &[("hash_xxhash64('World')", "1846988464401551951")],
        Eval::Fallible(xxhash64),
    ),
    Function::new(
        "hash_md5",
        DIGEST,
        "The MD5 of the value's text, in hexadecimal digits.",
        &[
            ("hash_md5('World')", "f5a7924e621e84c9280a9a27e1bcb7f6"),
            ("hash_md5(datetime(2020-01-01))", "786c530672d1f8db31fee25ea8a9390b"),
        ],
        Eval::Cells(|_, args| digest::<Md5>(args[0])),
    ),
    Function::new(
        "hash_sha1",
        DIGEST,
        "The SHA-1 of the value's text, in hexadecimal digits.",
        &[("hash_sha1('World')", "70c07ec18ef89c5309bbb0937f3a6342411e1fdd")],
        Eval::Cells(|_, args| digest::<Sha1>(args[0])),
    ),
    Function::new(
        "hash_sha256",
        DIGEST,
        "The SHA-256 of the value's text, in hexadecimal digits.",
        &[("hash_sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")],
        Eval::Cells(|_, args| digest::<Sha256>(args[0])),
    ),
];

/// Numbers hash as their eight bytes, the lowest first. That the remainder is never negative is documented; that it is taken
/// of the unsigned hash is assumed.
fn xxhash64(_: &Call, args: &[Cell<'_>]) -> Result<Value, String> {
    let number = match args[0] {
        Cell::Int(value) => value.map(i64::from),
        Cell::Long(value) => value,
        Cell::Datetime(value) => value.map(|value| value.0),
        Cell::Timespan(value) => value.map(|value| value.0),
        Cell::String(text) => return Ok(hashed(text.as_bytes(), args)),
        other => return Err(format!("a value of type {} is not supported by this engine", other.to_value().ty())),
    };
    Ok(number.map_or(Value::Long(None), |number| hashed(&number.to_le_bytes(), args)))
}

fn hashed(bytes: &[u8], args: &[Cell<'_>]) -> Value {
    let hash = XxHash64::oneshot(0, bytes);
    Value::Long(match args.get(1) {
        None => Some(hash.cast_signed()),
        Some(modulo) => {
            modulo.long().filter(|modulo| *modulo > 0).map(|modulo| (hash % modulo.unsigned_abs()).cast_signed())
        }
    })
}

fn digest<D: Digest>(source: Cell<'_>) -> Value {
    use std::fmt::Write as _;
    let mut digits = String::new();
    for byte in D::digest(source.text().as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    text(digits)
}
