//! IPv4 and IPv6 addresses, alone, with a prefix (`/24`), and inside other text.
//!
//! An address is four octets from 0 to 255 without leading zeros, or the IPv6 forms; a prefix after it keeps so many leading bits.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::given::{array, text};
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Dynamic, Type, Value};

const COMPARED: &[Signature] = &[gives(&[one("ip1", TEXT), one("ip2", TEXT), maybe("prefix", LONG)], Type::Long)];
const MATCHED: &[Signature] = &[gives(&[one("ip1", TEXT), one("ip2", TEXT), maybe("prefix", LONG)], Type::Bool)];
const IN_RANGE: &[Signature] = &[gives(&[one("ip", TEXT), one("ip_range", TEXT)], Type::Bool)];
const IN_ANY_RANGE: &[Signature] = &[
    gives(&[one("ip", TEXTUAL), one("ranges", Takes::Array)], Type::Bool),
    gives(&[one("ip", TEXTUAL), many("ranges", TEXT, 1)], Type::Bool),
];
const HAS_ONE: &[Signature] = &[gives(&[one("source", TEXTUAL), one("ip", TEXT)], Type::Bool)];
const HAS_ANY: &[Signature] = &[
    gives(&[one("source", TEXTUAL), one("ips", Takes::Array)], Type::Bool),
    gives(&[one("source", TEXTUAL), many("ips", TEXT, 1)], Type::Bool),
];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "parse_ipv4",
        &[gives(&[one("ip", TEXT)], Type::Long)],
        "An IPv4 address as a number, without the bits after its prefix; null for any other text.",
        &[
            ("parse_ipv4('192.168.1.1/24')", "3232235776"),
            ("parse_ipv4('1.2.3')", ""),
            ("parse_ipv4('01.02.03.04')", ""),
        ],
        Eval::Cells(|_, args| Value::Long(V4::parse(&args[0].text()).map(|ip| i64::from(ip.network())))),
    ),
    Function::new(
        "parse_ipv4_mask",
        &[gives(&[one("ip", TEXT), one("prefix", LONG)], Type::Long)],
        "An IPv4 address as a number, without the bits after the shorter of its prefix and the one given.",
        &[("parse_ipv4_mask('127.0.0.1', 24)", "2130706432")],
        Eval::Cells(|_, args| Value::Long(masked(&args[0].text(), args[1]).map(|ip| i64::from(ip.network())))),
    ),
    Function::new(
        "format_ipv4",
        &[gives(&[one("ip", Takes::Scalar), maybe("prefix", LONG)], Type::String)],
        "The text of an IPv4 address, given as a number or as text, without the bits after the shorter of its prefix and the one given.",
        &[("format_ipv4(3232236031, 24)", "192.168.1.0"), ("format_ipv4('192.168.1.255/24')", "192.168.1.0")],
        Eval::Cells(|_, args| {
            text(formatted(args).map(|ip| Ipv4Addr::from(ip.network()).to_string()).unwrap_or_default())
        }),
    ),
    Function::new(
        "format_ipv4_mask",
        &[gives(&[one("ip", Takes::Scalar), maybe("prefix", LONG)], Type::String)],
        "As `format_ipv4`, with the prefix after the address.",
        &[
            ("format_ipv4_mask(3232236031, 24)", "192.168.1.0/24"),
            ("format_ipv4_mask('192.168.1.255')", "192.168.1.255/32"),
        ],
        Eval::Cells(|_, args| text(formatted(args).map(|ip| ip.to_string()).unwrap_or_default())),
    ),
    Function::new(
        "ipv4_netmask_suffix",
        &[gives(&[one("ip", TEXT)], Type::Long)],
        "The prefix of an IPv4 address, 32 where it has none; null for any other text.",
        &[("ipv4_netmask_suffix('127.0.0.1/16')", "16"), ("ipv4_netmask_suffix('10.1.2.3')", "32")],
        Eval::Cells(|_, args| Value::Long(V4::parse(&args[0].text()).map(|ip| i64::from(ip.prefix)))),
    ),
    Function::new(
        "ipv4_compare",
        COMPARED,
        "-1, 0 or 1 as the first address lies before, at or after the second, by the bits of the shortest prefix; null where either is none.",
        &[
            ("ipv4_compare('192.168.1.1/24', '192.168.1.255', 31)", "0"),
            ("ipv4_compare('192.168.1.1', '192.168.1.255')", "-1"),
            ("ipv4_compare('x', '192.168.1.255')", ""),
        ],
        Eval::Cells(|_, args| Value::Long(compared::<V4>(args))),
    ),
    Function::new(
        "ipv4_is_match",
        MATCHED,
        "Whether two addresses are the same by the bits of the shortest prefix; null where either is none.",
        &[
            ("ipv4_is_match('192.168.1.1/24', '192.168.1.255')", "True"),
            ("ipv4_is_match('127.0.0.1', '127.0.0.2')", "False"),
        ],
        Eval::Cells(|_, args| Value::Bool(compared::<V4>(args).map(|order| order == 0))),
    ),
    Function::new(
        "ipv4_is_in_range",
        IN_RANGE,
        "Whether an address lies in a range, an address with a prefix; null where either is none.",
        &[
            ("ipv4_is_in_range('192.168.1.6', '192.168.1.1/24')", "True"),
            ("ipv4_is_in_range('10.0.0.1', '192.168.1.1')", "False"),
        ],
        Eval::Cells(|_, args| Value::Bool(in_range::<V4>(&args[0].text(), &args[1].text()))),
    ),
    Function::new(
        "ipv4_is_in_any_range",
        IN_ANY_RANGE,
        "Whether an address lies in one of the ranges, given one by one or in an array; null where it is none.",
        &[("ipv4_is_in_any_range('192.168.1.6', '10.0.0.0/8', '192.168.1.1/24')", "True")],
        Eval::Cells(|_, args| Value::Bool(in_any_range::<V4>(args))),
    ),
    Function::new(
        "ipv4_is_private",
        &[gives(&[one("ip", TEXT)], Type::Bool)],
        "Whether an address lies in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16; null where it is none.",
        &[
            ("ipv4_is_private('192.168.1.1/24')", "True"),
            ("ipv4_is_private('208.1.2.3')", "False"),
            ("ipv4_is_private('x')", ""),
        ],
        Eval::Cells(|_, args| {
            Value::Bool(V4::parse(&args[0].text()).map(|ip| {
                [(0x0a00_0000, 8), (0xac10_0000, 12), (0xc0a8_0000, 16)].iter().any(|&(address, prefix)| {
                    ip.same(V4 { address, prefix }, prefix.min(ip.prefix)) && ip.prefix >= prefix
                })
            }))
        }),
    ),
    Function::new(
        "ipv4_range_to_cidr_list",
        &[gives(&[one("start_ip", TEXT), one("end_ip", TEXT)], Type::Dynamic)],
        "The fewest ranges that together hold exactly the addresses from the first to the last.",
        &[(
            "ipv4_range_to_cidr_list('1.1.128.0', '1.1.140.255')",
            "[\"1.1.128.0/21\",\"1.1.136.0/22\",\"1.1.140.0/24\"]",
        )],
        Eval::Cells(|_, args| match (V4::parse(&args[0].text()), V4::parse(&args[1].text())) {
            (Some(first), Some(last)) => array(cidrs(first.address, last.address)),
            _ => Value::Dynamic(Dynamic::Null),
        }),
    ),
    Function::new(
        "parse_ipv6",
        &[gives(&[one("ip", TEXT)], Type::String)],
        "An IPv6 or IPv4 address as eight groups of four digits, without the bits after its prefix; empty for any other text.",
        &[
            ("parse_ipv6('127.0.0.1')", "0000:0000:0000:0000:0000:ffff:7f00:0001"),
            ("parse_ipv6('fe80::85d:e82c:9446:7994/120')", "fe80:0000:0000:0000:085d:e82c:9446:7900"),
            ("parse_ipv6('::ffff:1.2.3.4/24')", "0000:0000:0000:0000:0000:ffff:0102:0300"),
            ("parse_ipv6('gggg::1')", ""),
        ],
        Eval::Cells(|_, args| text(V6::parse(&args[0].text()).map(V6::canonical).unwrap_or_default())),
    ),
    Function::new(
        "parse_ipv6_mask",
        &[gives(&[one("ip", TEXT), one("prefix", LONG)], Type::String)],
        "As `parse_ipv6`, without the bits after the shorter of its prefix and the one given, which counts 128 bits always.",
        &[
            ("parse_ipv6_mask('192.168.255.255/24', 124)", "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ("parse_ipv6_mask('fe80::85d:e82c:9446:7994', 120)", "fe80:0000:0000:0000:085d:e82c:9446:7900"),
        ],
        Eval::Cells(|_, args| {
            let ip = (|| {
                let ip = V6::parse(&args[0].text())?;
                let prefix = u32::try_from(args[1].long()?).ok().filter(|prefix| *prefix <= 128)?;
                Some(V6 { prefix: ip.prefix.min(prefix), ..ip })
            })();
            text(ip.map(V6::canonical).unwrap_or_default())
        }),
    ),
    Function::new(
        "ipv6_compare",
        COMPARED,
        "As `ipv4_compare`, for IPv6 and IPv4 addresses. The prefix counts 32 bits where both are IPv4, else 128.",
        &[("ipv6_compare('192.168.1.1/24', '192.168.1.255')", "0"), ("ipv6_compare('::1', '::2')", "-1")],
        Eval::Cells(|_, args| Value::Long(compared::<V6>(args))),
    ),
    Function::new(
        "ipv6_is_match",
        MATCHED,
        "As `ipv4_is_match`, for IPv6 and IPv4 addresses.",
        &[
            ("ipv6_is_match('fe80::85d:e82c:9446:7994', 'fe80::85d:e82c:9446:7995', 127)", "True"),
            ("ipv6_is_match('::ffff:c0a8:0101', '192.168.1.255', 120)", "True"),
        ],
        Eval::Cells(|_, args| Value::Bool(compared::<V6>(args).map(|order| order == 0))),
    ),
    Function::new(
        "ipv6_is_in_range",
        IN_RANGE,
        "As `ipv4_is_in_range`, for IPv6 and IPv4 addresses.",
        &[("ipv6_is_in_range('a5e:f127::abcd', 'a5e:f127::/112')", "True")],
        Eval::Cells(|_, args| Value::Bool(in_range::<V6>(&args[0].text(), &args[1].text()))),
    ),
    Function::new(
        "ipv6_is_in_any_range",
        IN_ANY_RANGE,
        "As `ipv4_is_in_any_range`, for IPv6 and IPv4 addresses.",
        &[("ipv6_is_in_any_range('::1', dynamic(['fe80::/10', '::/120']))", "True")],
        Eval::Cells(|_, args| Value::Bool(in_any_range::<V6>(args))),
    ),
    Function::new(
        "has_ipv4",
        HAS_ONE,
        "Whether a text holds the IPv4 address, set off by anything but letters and digits.",
        &[
            ("has_ipv4('05:04:54 127.0.0.1 GET /favicon.ico 404', '127.0.0.1')", "True"),
            ("has_ipv4('05:04:54127.0.0.1 GET', '127.0.0.1')", "False"),
        ],
        Eval::Cells(has_any_address),
    ),
    Function::new(
        "has_any_ipv4",
        HAS_ANY,
        "Whether a text holds one of the IPv4 addresses, given one by one or in an array, set off by anything but letters and digits.",
        &[("has_any_ipv4('05:04:54 127.0.0.1 GET', dynamic(['127.0.0.1', '127.0.0.2']))", "True")],
        Eval::Cells(has_any_address),
    ),
    Function::new(
        "has_ipv4_prefix",
        HAS_ONE,
        "Whether a text holds an IPv4 address that begins so: with whole octets and a dot, or a whole address.",
        &[
            ("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0.')", "True"),
            ("has_ipv4_prefix('05:04:54 127.0.0.256 GET', '127.0.')", "False"),
        ],
        Eval::Cells(has_any_prefix),
    ),
    Function::new(
        "has_any_ipv4_prefix",
        HAS_ANY,
        "Whether a text holds an IPv4 address that begins with one of the prefixes, given one by one or in an array.",
        &[
            ("has_any_ipv4_prefix('05:04:54 127.0.0.1 GET', dynamic(['127.0.', '192.168.']))", "True"),
            ("has_any_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0')", "False"),
        ],
        Eval::Cells(has_any_prefix),
    ),
];

/// An address or a range of them.
pub(crate) enum AddressRange {
    V4(V4),
    V6(V6),
}

impl AddressRange {
    /// Reads an IPv4 address, or one of either version, with or without a prefix.
    pub(crate) fn parse(text: &str, v6: bool) -> Option<Self> {
        if v6 { V6::parse(text).map(Self::V6) } else { V4::parse(text).map(Self::V4) }
    }

    /// Whether this address lies in a range.
    pub(crate) fn within(&self, range: &Self) -> bool {
        match (self, range) {
            (Self::V4(address), Self::V4(range)) => address.within(*range),
            (Self::V6(address), Self::V6(range)) => address.within(*range),
            _ => false,
        }
    }
}

/// An address and how many of its leading bits count.
trait Address: Copy {
    fn parse(text: &str) -> Option<Self>;
    /// -1, 0 or 1 by the leading bits that count in both; in no more than the limit, where it is given.
    fn compare(self, other: Self, limit: Option<i64>) -> Option<i64>;
    /// Whether this address lies in the range that the other stands for.
    fn within(self, range: Self) -> bool;
}

#[derive(Clone, Copy)]
pub(crate) struct V4 {
    address: u32,
    prefix: u32,
}

#[derive(Clone, Copy)]
pub(crate) struct V6 {
    address: u128,
    prefix: u32,
    /// The prefix as comparisons count it: one after `::1.2.3.4` counts 128 bits there, and 32 everywhere else.
    compared: u32,
    /// Whether it was written as IPv4 alone, whose prefix counts 32 bits.
    v4: bool,
}

fn leading(address: u128, prefix: u32) -> u128 {
    if prefix == 0 { 0 } else { address & (u128::MAX << (128 - prefix)) }
}

/// The address and the prefix, if there is one.
fn parts(text: &str, most: u32) -> Option<(&str, u32)> {
    match text.split_once('/') {
        None => Some((text, most)),
        Some((address, prefix)) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((address, prefix.parse().ok().filter(|prefix| *prefix <= most)?))
        }
        Some(_) => None,
    }
}

impl V4 {
    fn network(self) -> u32 {
        if self.prefix == 0 { 0 } else { self.address & (u32::MAX << (32 - self.prefix)) }
    }

    fn same(self, other: Self, prefix: u32) -> bool {
        Self { prefix, ..self }.network() == Self { prefix, ..other }.network()
    }
}

impl std::fmt::Display for V4 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.network()), self.prefix)
    }
}

impl Address for V4 {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = parts(text.trim(), 32)?;
        Some(Self { address: address.parse::<Ipv4Addr>().ok()?.into(), prefix })
    }

    fn compare(self, other: Self, limit: Option<i64>) -> Option<i64> {
        let limit = u32::try_from(limit.unwrap_or(32)).ok().filter(|limit| *limit <= 32)?;
        let prefix = self.prefix.min(other.prefix).min(limit);
        let (left, right) = (Self { prefix, ..self }.network(), Self { prefix, ..other }.network());
        Some(left.cmp(&right) as i64)
    }

    fn within(self, range: Self) -> bool {
        self.prefix >= range.prefix && self.same(range, range.prefix)
    }
}

impl V6 {
    fn canonical(self) -> String {
        let groups = Ipv6Addr::from(leading(self.address, self.prefix)).segments();
        groups.map(|group| format!("{group:04x}")).join(":")
    }
}

impl Address for V6 {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // An address that ends in IPv4 notation takes an IPv4 prefix.
        let mixed = text.split('/').next()?.rsplit(':').next()?.contains('.');
        let (address, prefix) = parts(text, if mixed { 32 } else { 128 })?;
        let v4 = address.parse::<Ipv4Addr>();
        let address = match v4 {
            Ok(address) => address.to_ipv6_mapped(),
            Err(_) => address.parse().ok()?,
        };
        let (written, prefix) = (prefix, if mixed { prefix + 96 } else { prefix });
        let compared = if mixed && v4.is_err() && written < 32 { written } else { prefix };
        Some(Self { address: address.into(), prefix, compared, v4: v4.is_ok() })
    }

    fn compare(self, other: Self, limit: Option<i64>) -> Option<i64> {
        let limit = match limit {
            None => 128,
            Some(limit) if self.v4 && other.v4 && limit <= 32 => 96 + u32::try_from(limit).ok()?,
            Some(limit) => u32::try_from(limit).ok().filter(|limit| *limit <= 128)?,
        };
        let prefix = self.compared.min(other.compared).min(limit);
        Some(leading(self.address, prefix).cmp(&leading(other.address, prefix)) as i64)
    }

    fn within(self, range: Self) -> bool {
        self.prefix >= range.prefix && leading(self.address, range.prefix) == leading(range.address, range.prefix)
    }
}

fn masked(text: &str, prefix: Cell<'_>) -> Option<V4> {
    let ip = V4::parse(text)?;
    let prefix = u32::try_from(prefix.long()?).ok().filter(|prefix| *prefix <= 32)?;
    Some(V4 { prefix: ip.prefix.min(prefix), ..ip })
}

/// The address that the first argument gives as a number or as text, with the shorter of the prefixes.
fn formatted(args: &[Cell<'_>]) -> Option<V4> {
    let ip = match args[0] {
        Cell::Int(_) | Cell::Long(_) => V4 { address: u32::try_from(args[0].long()?).ok()?, prefix: 32 },
        cell => V4::parse(&cell.text())?,
    };
    let prefix = match args.get(1) {
        None => 32,
        Some(cell) => u32::try_from(cell.long()?).ok().filter(|prefix| *prefix <= 32)?,
    };
    Some(V4 { prefix: ip.prefix.min(prefix), ..ip })
}

fn compared<A: Address>(args: &[Cell<'_>]) -> Option<i64> {
    let limit = match args.get(2) {
        None => None,
        Some(cell) => Some(cell.long()?),
    };
    A::parse(&args[0].text())?.compare(A::parse(&args[1].text())?, limit)
}

fn in_range<A: Address>(ip: &str, range: &str) -> Option<bool> {
    Some(A::parse(ip)?.within(A::parse(range)?))
}

fn in_any_range<A: Address>(args: &[Cell<'_>]) -> Option<bool> {
    let ip = A::parse(&args[0].text())?;
    Some(wanted(args).iter().any(|range| A::parse(range).is_some_and(|range| ip.within(range))))
}

/// The texts after the first argument, given one by one or in an array.
fn wanted(args: &[Cell<'_>]) -> Vec<String> {
    args[1..]
        .iter()
        .flat_map(|cell| match cell.array() {
            Some(elements) => elements.iter().map(Dynamic::text).collect(),
            None => vec![cell.text().into_owned()],
        })
        .collect()
}

/// The addresses in a text: runs of digits and dots that nothing alphanumeric touches.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '.')
        .map(|run| run.trim_matches('.'))
        .filter(|run| run.parse::<Ipv4Addr>().is_ok())
}

fn has_any_address(_: &Call, args: &[Cell<'_>]) -> Value {
    let wanted: Vec<String> = wanted(args).into_iter().filter(|ip| ip.parse::<Ipv4Addr>().is_ok()).collect();
    let source = args[0].text();
    Value::Bool(Some(addresses(&source).any(|address| wanted.iter().any(|ip| ip == address))))
}

fn has_any_prefix(_: &Call, args: &[Cell<'_>]) -> Value {
    let prefixes: Vec<String> = wanted(args).into_iter().filter(|prefix| is_prefix(prefix)).collect();
    let source = args[0].text();
    let begins = |address: &str| {
        prefixes
            .iter()
            .any(|prefix| address == prefix || (prefix.ends_with('.') && address.starts_with(prefix.as_str())))
    };
    Value::Bool(Some(addresses(&source).any(begins)))
}

/// One to three octets and a dot, or a whole address.
fn is_prefix(prefix: &str) -> bool {
    match prefix.strip_suffix('.') {
        None => prefix.parse::<Ipv4Addr>().is_ok(),
        Some(octets) => {
            octets.split('.').count() <= 3
                && octets.split('.').all(|octet| format!("{octet}.0.0.0").parse::<Ipv4Addr>().is_ok())
        }
    }
}

/// The fewest ranges from the first address to the last.
fn cidrs(first: u32, last: u32) -> Vec<Dynamic> {
    let mut ranges = Vec::new();
    let (mut next, last) = (u64::from(first), u64::from(last));
    while next <= last {
        let aligned = if next == 0 { 32 } else { next.trailing_zeros().min(32) };
        let fitting = (last - next + 1).ilog2();
        let size = aligned.min(fitting);
        ranges.push(Dynamic::string(&format!("{}/{}", Ipv4Addr::from(next as u32), 32 - size)));
        next += 1 << size;
    }
    ranges
}
