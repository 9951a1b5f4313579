//! Networks. Source: "CIDR functions for ARM templates".

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::{Arguments, Eval, Function};
use crate::error::Fault;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "cidrHost",
        (2, Some(2)),
        "The address of a network's host of a number, the first usable one being 0.",
        &[("cidrHost('10.144.0.0/20', 0)", r#""10.144.0.1""#)],
        Eval::Plain(host),
    ),
    Function::new(
        "cidrSubnet",
        (3, Some(3)),
        "The network of a number among those of a length inside a network.",
        &[
            ("cidrSubnet('10.144.0.0/20', 24, 1)", r#""10.144.1.0/24""#),
            ("cidrSubnet('fd00::/48', 64, 2)", r#""fd00:0:0:2::/64""#),
        ],
        Eval::Plain(subnet),
    ),
    Function::new(
        "parseCidr",
        (1, Some(1)),
        "What an address range is made of.",
        &[
            ("parseCidr('10.144.0.0/20').lastUsable", r#""10.144.15.254""#),
            ("parseCidr('10.144.0.0/20').netmask", r#""255.255.240.0""#),
            ("parseCidr('fd00::/48').cidr", "48"),
        ],
        Eval::Plain(parse),
    ),
];

/// A range of addresses, as numbers of `width` bits.
struct Range {
    first: u128,
    prefix: u32,
    width: u32,
}

impl Range {
    fn of(a: &Arguments) -> Result<Self, Fault> {
        let text = a.text(0)?;
        let parsed = text
            .split_once('/')
            .and_then(|(address, prefix)| Some((address.parse::<IpAddr>().ok()?, prefix.parse::<u32>().ok()?)));
        let (address, prefix, width) = match parsed {
            Some((IpAddr::V4(address), prefix)) if prefix <= 32 => (u128::from(u32::from(address)), prefix, 32),
            Some((IpAddr::V6(address), prefix)) if prefix <= 128 => (u128::from(address), prefix, 128),
            _ => return Err(a.fault(format!("'{text}' is not a range of addresses, such as '10.0.0.0/16'."))),
        };
        Ok(Self { first: address & Self::mask(prefix, width), prefix, width })
    }

    /// Ones for the bits that the addresses of a network share.
    fn mask(prefix: u32, width: u32) -> u128 {
        let all = u128::MAX >> (128 - width);
        all & !all.checked_shr(prefix).unwrap_or(0)
    }

    fn last(&self) -> u128 {
        self.first | (u128::MAX >> (128 - self.width)).checked_shr(self.prefix).unwrap_or(0)
    }

    /// The first and the last address that a host may have: in IPv4 neither the network's own nor the broadcast's.
    fn usable(&self) -> (u128, u128) {
        let reserved = u128::from(self.width == 32 && self.prefix < 31);
        (self.first + reserved, self.last() - reserved)
    }

    fn address(&self, number: u128) -> String {
        match u32::try_from(number) {
            Ok(number) if self.width == 32 => Ipv4Addr::from(number).to_string(),
            _ => Ipv6Addr::from(number).to_string(),
        }
    }
}

fn parse(a: &Arguments) -> Result<Value, Fault> {
    let range = Range::of(a)?;
    let (first, last) = range.usable();
    let mut parsed = json!({
        "network": range.address(range.first),
        "netmask": range.address(Range::mask(range.prefix, range.width)),
    });
    if range.width == 32 {
        parsed["broadcast"] = Value::from(range.address(range.last()));
    }
    parsed["firstUsable"] = Value::from(range.address(first));
    parsed["lastUsable"] = Value::from(range.address(last));
    parsed["cidr"] = Value::from(range.prefix);
    Ok(parsed)
}

fn subnet(a: &Arguments) -> Result<Value, Fault> {
    let range = Range::of(a)?;
    let index = u128::try_from(a.count(2)?).unwrap_or(u128::MAX);
    let prefix = u32::try_from(a.count(1)?).ok().filter(|prefix| (range.prefix..=range.width).contains(prefix));
    let prefix =
        prefix.ok_or_else(|| a.fault(format!("argument '2' must be between {} and {}.", range.prefix, range.width)))?;
    let offset = if prefix == 0 {
        (index == 0).then_some(0)
    } else {
        index.checked_mul(1_u128.checked_shl(range.width - prefix).unwrap_or(0))
    };
    let first = offset.and_then(|offset| range.first.checked_add(offset)).filter(|first| *first <= range.last());
    let first = first.ok_or_else(|| a.fault(format!("the range has no network '{index}' of that length.")))?;
    Ok(Value::from(format!("{}/{prefix}", range.address(first))))
}

fn host(a: &Arguments) -> Result<Value, Fault> {
    let range = Range::of(a)?;
    let (first, last) = range.usable();
    let index = u128::try_from(a.count(1)?).unwrap_or(u128::MAX);
    let address = first.checked_add(index).filter(|address| *address <= last);
    address
        .map(|address| Value::from(range.address(address)))
        .ok_or_else(|| a.fault(format!("the range has no host '{index}'.")))
}
