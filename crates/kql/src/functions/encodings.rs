//! Encodings: Base64, URLs, Punycode.

use idna::punycode;

use super::given::{array, text};
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Dynamic, Guid, Type, Value};

const TEXT_TO_TEXT: &[Signature] = &[gives(&[one("string", TEXT)], Type::String)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "base64_encode_tostring",
        TEXT_TO_TEXT,
        "Base64 of a text's UTF-8.",
        &[("base64_encode_tostring('Kusto')", "S3VzdG8=")],
        Eval::Cells(|_, args| text(encoded(args[0].text().as_bytes()))),
    ),
    Function::new(
        "base64_encodestring",
        TEXT_TO_TEXT,
        "The same as `base64_encode_tostring`.",
        &[("base64_encodestring('a')", "YQ==")],
        Eval::Cells(|_, args| text(encoded(args[0].text().as_bytes()))),
    ),
    Function::new(
        "base64_decode_tostring",
        TEXT_TO_TEXT,
        "The text that Base64 stands for; empty where it is not UTF-8.",
        &[("base64_decode_tostring('S3VzdG8=')", "Kusto")],
        Eval::Cells(to_text),
    ),
    Function::new(
        "base64_decodestring",
        TEXT_TO_TEXT,
        "The same as `base64_decode_tostring`.",
        &[("base64_decodestring('YQ==')", "a")],
        Eval::Cells(to_text),
    ),
    Function::new(
        "base64_decode_toarray",
        &[gives(&[one("base64_string", TEXT)], Type::Dynamic)],
        "An array of the bytes that Base64 stands for; null where it is not Base64.",
        &[("base64_decode_toarray('S3VzdG8=')", "[75,117,115,116,111]")],
        Eval::Cells(|_, args| match decoded(&args[0].text()) {
            Some(bytes) => array(bytes.into_iter().map(|byte| Dynamic::Long(byte.into()))),
            None => Value::Dynamic(Dynamic::Null),
        }),
    ),
    Function::new(
        "base64_encode_fromarray",
        &[gives(&[one("base64_string_decoded_as_array", Takes::Array)], Type::String)],
        "Base64 of an array of bytes.",
        &[("base64_encode_fromarray(dynamic([75, 117]))", "S3U=")],
        Eval::Cells(|_, args| {
            let byte = |element: &Dynamic| Cell::Dynamic(element).long().and_then(|value| u8::try_from(value).ok());
            let bytes: Option<Vec<u8>> = args[0].array().and_then(|elements| elements.iter().map(byte).collect());
            text(bytes.map_or(String::new(), |bytes| encoded(&bytes)))
        }),
    ),
    Function::new(
        "base64_encode_fromguid",
        &[gives(&[one("guid", GUID)], Type::String)],
        "Base64 of a guid's bytes, its first three groups from the lowest byte up.",
        &[("base64_encode_fromguid(guid('ae3133f2-6e22-49ae-b06a-16e6a9b212eb'))", "8jMxriJurkmwahbmqbIS6w==")],
        Eval::Cells(|_, args| match args[0] {
            Cell::Guid(Some(guid)) => text(encoded(&reordered(guid.bytes()))),
            _ => text(""),
        }),
    ),
    Function::new(
        "base64_decode_toguid",
        &[gives(&[one("base64_string", TEXT)], Type::Guid)],
        "The guid whose bytes Base64 stands for; null where they are not 16.",
        &[("base64_decode_toguid('8jMxriJurkmwahbmqbIS6w==')", "ae3133f2-6e22-49ae-b06a-16e6a9b212eb")],
        Eval::Cells(|_, args| {
            let bytes = decoded(&args[0].text()).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
            Value::Guid(bytes.map(|bytes| Guid::from_bytes(reordered(bytes))))
        }),
    ),
    Function::new(
        "punycode_from_string",
        TEXT_TO_TEXT,
        "Punycode of a text, without the prefix that it has in domains; empty where there is none.",
        &[("punycode_from_string('académie-française')", "acadmie-franaise-npb1a")],
        Eval::Cells(|_, args| text(punycode::encode_str(&args[0].text()).unwrap_or_default())),
    ),
    Function::new(
        "punycode_to_string",
        TEXT_TO_TEXT,
        "The text that Punycode without a prefix stands for; empty where it is none.",
        &[("punycode_to_string('acadmie-franaise-npb1a')", "académie-française")],
        Eval::Cells(|_, args| text(punycode::decode_to_string(&args[0].text()).unwrap_or_default())),
    ),
    Function::new(
        "punycode_domain_from_string",
        TEXT_TO_TEXT,
        "The domain with its labels read that are in Punycode; empty where one of them is not.",
        &[("punycode_domain_from_string('xn--Lin-8na.Celtchair.org')", "Lúin.Celtchair.org")],
        Eval::Cells(|_, args| {
            let domain = args[0].text();
            let label = |label: &str| match label.strip_prefix("xn--") {
                Some(encoded) => punycode::decode_to_string(encoded),
                None => Some(label.to_owned()),
            };
            let labels: Option<Vec<String>> = domain.split('.').map(label).collect();
            text(labels.map(|labels| labels.join(".")).unwrap_or_default())
        }),
    ),
    Function::new(
        "url_encode",
        &[gives(&[one("url", TEXT)], Type::String)],
        "The text with what may not stand in a URL's query escaped; a space becomes `+`.",
        &[("url_encode('a b&c')", "a+b%26c")],
        Eval::Cells(|_, args| text(url_encoded(&args[0].text(), "+"))),
    ),
    Function::new(
        "url_encode_component",
        &[gives(&[one("url", TEXT)], Type::String)],
        "The text with what may not stand in a URL's query escaped; a space becomes `%20`.",
        &[("url_encode_component('a b')", "a%20b")],
        Eval::Cells(|_, args| text(url_encoded(&args[0].text(), "%20"))),
    ),
    Function::new(
        "url_decode",
        &[gives(&[one("encoded_url", TEXT)], Type::String)],
        "The text that an escaped one stands for.",
        &[("url_decode('a%20b%26c')", "a b&c")],
        Eval::Cells(|_, args| text(url_decoded(&args[0].text()))),
    ),
];

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encoded(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            match place <= group.len() {
                true => out.push(char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63])),
                false => out.push('='),
            }
        }
    }
    out
}

pub(super) fn decoded(source: &str) -> Option<Vec<u8>> {
    let digits = source.trim_end_matches('=');
    if !source.len().is_multiple_of(4) || source.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut width) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|own| *own == digit)?;
        bits = bits << 6 | value as u32;
        width += 6;
        if width >= 8 {
            width -= 8;
            bytes.push((bits >> width) as u8);
            bits &= (1 << width) - 1;
        }
    }
    Some(bytes)
}

fn to_text(_: &Call, args: &[Cell<'_>]) -> Value {
    text(decoded(&args[0].text()).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}

/// The bytes of a guid between the order of its text and that of its little-endian fields.
fn reordered(bytes: [u8; 16]) -> [u8; 16] {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    ORDER.map(|place| bytes[place])
}

fn url_encoded(source: &str, space: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for byte in source.bytes() {
        match byte {
            b' ' => out.push_str(space),
            byte if byte.is_ascii_alphanumeric() || b"-_.!*()".contains(&byte) => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}

fn url_decoded(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |place: usize| bytes.get(place).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (b'+', ..) => {
                out.push(b' ');
                at += 1;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
