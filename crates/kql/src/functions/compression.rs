//! Texts compressed with zlib or gzip, in Base64.
//! Leaves out compressing: the bytes depend on the implementation, not on the format.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use super::encodings::decoded;
use super::given::text;
use super::shapes::*;
use super::{Eval, Function};
use crate::signature::Signature;
use crate::{Type, Value};

const TEXT_TO_TEXT: &[Signature] = &[gives(&[one("string", TEXT)], Type::String)];

/// The most bytes that a text may have once it is decompressed.
const MOST: u64 = 64 << 20;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "zlib_decompress_from_base64_string",
        TEXT_TO_TEXT,
        "The text that was compressed with zlib and encoded in Base64; empty where the text is no such thing.",
        &[
            ("zlib_decompress_from_base64_string('eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=')", "Test string 123"),
            ("zlib_decompress_from_base64_string('x0x0x0')", ""),
        ],
        Eval::Cells(|_, args| decompressed(&args[0].text(), |bytes| ZlibDecoder::new(bytes).take(MOST))),
    ),
    Function::new(
        "gzip_decompress_from_base64_string",
        TEXT_TO_TEXT,
        "The text that was compressed with gzip and encoded in Base64; empty where the text is no such thing.",
        &[
            (
                "gzip_decompress_from_base64_string('H4sIAAAAAAACAwtJLS5RKC4pysxLVzA0MgYA9KUb8w8AAAA=')",
                "Test string 123",
            ),
            ("gzip_decompress_from_base64_string('x0x0x0')", ""),
        ],
        Eval::Cells(|_, args| decompressed(&args[0].text(), |bytes| GzDecoder::new(bytes).take(MOST))),
    ),
];

fn decompressed<R: Read>(encoded: &str, reader: impl FnOnce(std::io::Cursor<Vec<u8>>) -> R) -> Value {
    let mut out = String::new();
    let read = decoded(encoded).map(|bytes| reader(std::io::Cursor::new(bytes)).read_to_string(&mut out));
    match read {
        Some(Ok(_)) => text(out),
        _ => text(""),
    }
}
