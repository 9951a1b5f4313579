//! IP addresses.

use std::net::Ipv6Addr;

use super::given::text;
use super::shapes::*;
use super::{Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Type, Value};

const COMPARE: &[Signature] = &[gives(&[one("ip1", TEXT), one("ip2", TEXT), maybe("prefix", LONG)], Type::Long)];
const MATCH: &[Signature] = &[gives(&[one("ip1", TEXT), one("ip2", TEXT), maybe("prefix", LONG)], Type::Bool)];
const IN_RANGE: &[Signature] = &[gives(&[one("ip", TEXT), one("ip_range", TEXT)], Type::Bool)];
const IN_ANY: &[Signature] = &[
    gives(&[one("ip", TEXTUAL), many("ranges", TEXT, 1)], Type::Bool),
    gives(&[one("ip", TEXTUAL), one("ranges", Takes::Array)], Type::Bool),
];
const HAS_ANY: &[Signature] = &[
    gives(&[one("source", TEXTUAL), many("ips", TEXT, 1)], Type::Bool),
    gives(&[one("source", TEXTUAL), one("ips", Takes::Array)], Type::Bool),
];
const FORMAT: &[Signature] = &[gives(&[one("ip", Takes::Scalar), maybe("prefix", LONG)], Type::String)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "parse_ipv4",
        &[gives(&[one("ip", TEXT)], Type::Long)],
        "An IPv4 address as a number, its prefix applied; null where the text is none.",
        &[
            ("parse_ipv4('127.0.0.1')", "2130706433"),
            ("parse_ipv4('192.168.1.1/24')", "3232235776"),
            ("parse_ipv4('1.2.3')", ""),
        ],
        Eval::Cells(|_, args| Value::Long(v4(&args[0].text()).map(|net| (net.address & net.mask()).into()))),
    ),
    Function::new(
        "parse_ipv4_mask",
        &[gives(&[one("ip", TEXT), one("prefix", LONG)], Type::Long)],
        "An IPv4 address as a number, of which so many bits are kept.",
        &[("parse_ipv4_mask('127.0.0.1', 24)", "2130706432")],
        Eval::Cells(|_, args| {
            let prefix = args[1].long().filter(|prefix| (0..=32).contains(prefix));
            Value::Long(
                v4(&args[0].text())
                    .zip(prefix)
                    .map(|(net, prefix)| (net.address & mask4(net.prefix.min(prefix as u32))).into()),
            )
        }),
    ),
    Function::new(
        "ipv4_compare",
        COMPARE,
        "-1, 0 or 1 as one IPv4 address is less than, equal to or greater than another under the shorter prefix.",
        &[("ipv4_compare('192.168.1.1/24', '192.168.1.255')", "0"), ("ipv4_compare('1.1.1.1', '1.1.1.2')", "-1")],
        Eval::Cells(|_, args| Value::Long(compared4(args).map(|order| order as i64))),
    ),
    Function::new(
        "ipv4_is_match",
        MATCH,
        "Whether two IPv4 addresses are equal under the shorter prefix.",
        &[("ipv4_is_match('192.168.1.1', '192.168.1.255', 24)", "True")],
        Eval::Cells(|_, args| Value::Bool(compared4(args).map(|order| order.is_eq()))),
    ),
    Function::new(
        "ipv4_is_in_range",
        IN_RANGE,
        "Whether an IPv4 address lies in a range in CIDR notation.",
        &[("ipv4_is_in_range('192.168.1.6', '192.168.1.1/24')", "True")],
        Eval::Cells(|_, args| {
            Value::Bool(
                v4(&args[0].text())
                    .zip(v4(&args[1].text()))
                    .map(|(ip, net)| (ip.address ^ net.address) & net.mask() == 0),
            )
        }),
    ),
    Function::new(
        "ipv4_is_in_any_range",
        IN_ANY,
        "Whether an IPv4 address lies in any of these ranges.",
        &[("ipv4_is_in_any_range('192.168.1.6', '192.168.1.1/24', '10.0.0.1/8')", "True")],
        Eval::Cells(|_, args| {
            let Some(ip) = v4(&args[0].text()) else { return Value::Bool(None) };
            let within = |range: &String| v4(range).is_some_and(|net| (ip.address ^ net.address) & net.mask() == 0);
            Value::Bool(Some(listed(&args[1..]).iter().any(within)))
        }),
    ),
    Function::new(
        "ipv4_is_private",
        &[gives(&[one("ip", TEXT)], Type::Bool)],
        "Whether an IPv4 address lies in a private network.",
        &[("ipv4_is_private('192.168.1.1')", "True"), ("ipv4_is_private('208.1.2.3')", "False")],
        Eval::Cells(|_, args| {
            Value::Bool(v4(&args[0].text()).map(|net| {
                let [a, b, ..] = net.address.to_be_bytes();
                let least = match (a, b) {
                    (10, _) => Some(8),
                    (172, 16..=31) => Some(12),
                    (192, 168) => Some(16),
                    _ => None,
                };
                least.is_some_and(|least| net.prefix >= least)
            }))
        }),
    ),
    Function::new(
        "ipv4_netmask_suffix",
        &[gives(&[one("ip", TEXT)], Type::Long)],
        "The length of an IPv4 address's prefix; 32 where it has none.",
        &[("ipv4_netmask_suffix('192.168.1.1/24')", "24")],
        Eval::Cells(|_, args| Value::Long(v4(&args[0].text()).map(|net| net.prefix.into()))),
    ),
    Function::new(
        "ipv4_range_to_cidr_list",
        &[gives(&[one("start_ip", TEXT), one("end_ip", TEXT)], Type::Dynamic)],
        "The fewest ranges in CIDR notation that hold just the addresses from one to another.",
        &[(
            "ipv4_range_to_cidr_list('1.1.128.0', '1.1.140.255')",
            "[\"1.1.128.0/21\",\"1.1.136.0/22\",\"1.1.140.0/24\"]",
        )],
        Eval::Cells(|_, args| {
            let (Some(start), Some(end)) = (v4(&args[0].text()), v4(&args[1].text())) else {
                return super::given::null();
            };
            let (mut at, end) = (u64::from(start.address), u64::from(end.address));
            let mut ranges = Vec::new();
            while at <= end {
                let aligned = if at == 0 { 32 } else { at.trailing_zeros().min(32) };
                let fitting = (end - at + 1).ilog2();
                let width = aligned.min(fitting);
                ranges.push(crate::Dynamic::string(&format!("{}/{}", dotted(at as u32), 32 - width)));
                at += 1 << width;
            }
            super::given::array(ranges)
        }),
    ),
    Function::new(
        "format_ipv4",
        FORMAT,
        "The text of an IPv4 address given as text or number, of which so many bits are kept.",
        &[("format_ipv4('192.168.1.255', 24)", "192.168.1.0"), ("format_ipv4(3232236031)", "192.168.1.255")],
        Eval::Cells(|_, args| text(formatted(args).map_or(String::new(), |(address, _)| dotted(address)))),
    ),
    Function::new(
        "format_ipv4_mask",
        FORMAT,
        "The text of an IPv4 address in CIDR notation.",
        &[("format_ipv4_mask('192.168.1.255', 24)", "192.168.1.0/24")],
        Eval::Cells(|_, args| {
            text(formatted(args).map_or(String::new(), |(address, prefix)| format!("{}/{prefix}", dotted(address))))
        }),
    ),
    Function::new(
        "parse_ipv6",
        &[gives(&[one("ip", TEXT)], Type::String)],
        "An IPv6 or IPv4 address as the full text of an IPv6 address, its prefix applied.",
        &[("parse_ipv6('127.0.0.1')", "0000:0000:0000:0000:0000:ffff:7f00:0001"), ("parse_ipv6('x')", "")],
        Eval::Cells(|_, args| text(v6(&args[0].text()).map_or(String::new(), |net| full(net.address & net.mask())))),
    ),
    Function::new(
        "parse_ipv6_mask",
        &[gives(&[one("ip", TEXT), one("prefix", LONG)], Type::String)],
        "An IPv6 or IPv4 address as the full text of an IPv6 address, of which so many bits are kept.",
        &[("parse_ipv6_mask('127.0.0.1', 128)", "0000:0000:0000:0000:0000:ffff:7f00:0001")],
        Eval::Cells(|_, args| {
            let prefix = args[1].long().filter(|prefix| (0..=128).contains(prefix));
            let masked =
                v6(&args[0].text()).zip(prefix).map(|(net, prefix)| net.address & mask6(net.prefix.min(prefix as u32)));
            text(masked.map_or(String::new(), full))
        }),
    ),
    Function::new(
        "ipv6_compare",
        COMPARE,
        "-1, 0 or 1 as one IPv6 or IPv4 address is less than, equal to or greater than another under the shorter prefix.",
        &[("ipv6_compare('::ffff:7f00:1', '127.0.0.1')", "0")],
        Eval::Cells(|_, args| Value::Long(compared6(args).map(|order| order as i64))),
    ),
    Function::new(
        "ipv6_is_match",
        MATCH,
        "Whether two IPv6 or IPv4 addresses are equal under the shorter prefix.",
        &[("ipv6_is_match('::1', '::1')", "True")],
        Eval::Cells(|_, args| Value::Bool(compared6(args).map(|order| order.is_eq()))),
    ),
    Function::new(
        "ipv6_is_in_range",
        IN_RANGE,
        "Whether an IPv6 or IPv4 address lies in a range in CIDR notation.",
        &[(
            "ipv6_is_in_range('a5e:f127:8a9d:146d:e102:b5d3:c755:abcd', 'a5e:f127:8a9d:146d:e102:b5d3:c755:0000/112')",
            "True",
        )],
        Eval::Cells(|_, args| {
            Value::Bool(
                v6(&args[0].text())
                    .zip(v6(&args[1].text()))
                    .map(|(ip, net)| (ip.address ^ net.address) & net.mask() == 0),
            )
        }),
    ),
    Function::new(
        "ipv6_is_in_any_range",
        IN_ANY,
        "Whether an IPv6 or IPv4 address lies in any of these ranges.",
        &[("ipv6_is_in_any_range('::1', '::2/128', '::/64')", "True")],
        Eval::Cells(|_, args| {
            let Some(ip) = v6(&args[0].text()) else { return Value::Bool(None) };
            let within = |range: &String| v6(range).is_some_and(|net| (ip.address ^ net.address) & net.mask() == 0);
            Value::Bool(Some(listed(&args[1..]).iter().any(within)))
        }),
    ),
    Function::new(
        "has_ipv4",
        &[gives(&[one("source", TEXTUAL), one("ip", TEXT)], Type::Bool)],
        "Whether an IPv4 address stands in a text, parted from what is around it.",
        &[
            ("has_ipv4('05:04:54 127.0.0.1 GET', '127.0.0.1')", "True"),
            ("has_ipv4('127.0.0.1.1', '127.0.0.1')", "False"),
        ],
        Eval::Cells(|_, args| Value::Bool(Some(found(&args[0].text(), &[args[1].text().into_owned()], false)))),
    ),
    Function::new(
        "has_any_ipv4",
        HAS_ANY,
        "Whether any of these IPv4 addresses stands in a text.",
        &[("has_any_ipv4('x 127.0.0.2 y', '127.0.0.1', '127.0.0.2')", "True")],
        Eval::Cells(|_, args| Value::Bool(Some(found(&args[0].text(), &listed(&args[1..]), false)))),
    ),
    Function::new(
        "has_ipv4_prefix",
        &[gives(&[one("source", TEXTUAL), one("ip_prefix", TEXT)], Type::Bool)],
        "Whether an IPv4 address of this prefix stands in a text.",
        &[
            ("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0.')", "True"),
            ("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0')", "False"),
        ],
        Eval::Cells(|_, args| Value::Bool(Some(found(&args[0].text(), &[args[1].text().into_owned()], true)))),
    ),
    Function::new(
        "has_any_ipv4_prefix",
        HAS_ANY,
        "Whether an IPv4 address of any of these prefixes stands in a text.",
        &[("has_any_ipv4_prefix('a 127.0.0.1 b', '10.', '127.0.')", "True")],
        Eval::Cells(|_, args| Value::Bool(Some(found(&args[0].text(), &listed(&args[1..]), true)))),
    ),
];

struct V4 {
    address: u32,
    prefix: u32,
}

impl V4 {
    fn mask(&self) -> u32 {
        mask4(self.prefix)
    }
}

struct V6 {
    address: u128,
    prefix: u32,
}

impl V6 {
    fn mask(&self) -> u128 {
        mask6(self.prefix)
    }
}

fn mask4(prefix: u32) -> u32 {
    u32::MAX.checked_shl(32 - prefix).unwrap_or(0)
}

fn mask6(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}

/// An address and the prefix after a slash.
fn parts(source: &str, longest: u32) -> Option<(&str, u32)> {
    match source.split_once('/') {
        None => Some((source, longest)),
        Some((address, prefix)) => Some((address, prefix.parse().ok().filter(|prefix| *prefix <= longest)?)),
    }
}

fn v4(source: &str) -> Option<V4> {
    let (address, prefix) = parts(source.trim(), 32)?;
    let mut bytes = address.split('.').map(|part| {
        let digits = !part.is_empty() && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u8>().ok()).flatten()
    });
    let mut next = || bytes.next().flatten();
    let address = u32::from_be_bytes([next()?, next()?, next()?, next()?]);
    bytes.next().is_none().then_some(V4 { address, prefix })
}

fn v6(source: &str) -> Option<V6> {
    if let Some(V4 { address, prefix }) = v4(source) {
        return Some(V6 { address: 0xffff_0000_0000 | u128::from(address), prefix: 96 + prefix });
    }
    let (address, prefix) = parts(source.trim(), 128)?;
    let address: Ipv6Addr = address.parse().ok()?;
    Some(V6 { address: address.into(), prefix })
}

fn dotted(address: u32) -> String {
    let [a, b, c, d] = address.to_be_bytes();
    format!("{a}.{b}.{c}.{d}")
}

fn full(address: u128) -> String {
    let groups: Vec<String> = Ipv6Addr::from(address).segments().iter().map(|group| format!("{group:04x}")).collect();
    groups.join(":")
}

fn compared4(args: &[Cell<'_>]) -> Option<std::cmp::Ordering> {
    let (a, b) = (v4(&args[0].text())?, v4(&args[1].text())?);
    let given = args.get(2).map_or(Some(32), |cell| cell.long()).filter(|prefix| (0..=32).contains(prefix))?;
    let mask = mask4(a.prefix.min(b.prefix).min(given as u32));
    Some((a.address & mask).cmp(&(b.address & mask)))
}

fn compared6(args: &[Cell<'_>]) -> Option<std::cmp::Ordering> {
    let (a, b) = (v6(&args[0].text())?, v6(&args[1].text())?);
    let given = args.get(2).map_or(Some(128), |cell| cell.long()).filter(|prefix| (0..=128).contains(prefix))?;
    let mask = mask6(a.prefix.min(b.prefix).min(given as u32));
    Some((a.address & mask).cmp(&(b.address & mask)))
}

fn formatted(args: &[Cell<'_>]) -> Option<(u32, u32)> {
    let net = match args[0].long() {
        Some(number) => V4 { address: u32::try_from(number).ok()?, prefix: 32 },
        None => v4(&args[0].text())?,
    };
    let given = args.get(1).map_or(Some(32), |cell| cell.long()).filter(|prefix| (0..=32).contains(prefix))?;
    let prefix = net.prefix.min(given as u32);
    Some((net.address & mask4(prefix), prefix))
}

/// Texts given one by one or in arrays.
fn listed(args: &[Cell<'_>]) -> Vec<String> {
    let mut all = Vec::new();
    for cell in args {
        match cell.array() {
            Some(elements) => all.extend(elements.iter().map(crate::Dynamic::text)),
            None => all.push(cell.text().into_owned()),
        }
    }
    all
}

/// Whether an IPv4 address in the text is one of these, or begins with one of these prefixes, which end in a dot.
fn found(source: &str, wanted: &[String], prefixes: bool) -> bool {
    source.split(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|part| v4(part).is_some()).any(|part| {
        let bounded = source.match_indices(part).any(|(at, _)| {
            let outside = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '.');
            outside(source[..at].chars().next_back()) && outside(source[at + part.len()..].chars().next())
        });
        bounded
            && wanted.iter().any(|wanted| match prefixes {
                true => {
                    (wanted.ends_with('.') && part.starts_with(&**wanted)) || (v4(wanted).is_some() && part == wanted)
                }
                false => part == wanted,
            })
    })
}
