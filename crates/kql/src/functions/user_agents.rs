//! User agents, by the patterns of the uap-core project (`data/user-agents.json`). The engine's documentation speaks of a large list of
//! patterns and shows answers that are theirs; which edition of the list it has is not documented.

use std::sync::LazyLock;

use ua_parser::{Extractor, Regexes, device, os, user_agent};

use super::arrays::member;
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::signature::Takes;
use crate::{Dynamic, Type, Value};

pub(super) static FUNCTIONS: &[Function] = &[Function::new(
    "parse_user_agent",
    &[gives(&[one("user-agent-string", TEXT), maybe("look-for", Takes::StringOrDynamic)], Type::Dynamic)],
    "A bag of what a user agent tells about its `browser`, its `os` and its `device`: of those that the second argument names, alone or in an array. \
     The family is `Other` where no pattern knows it.",
    &[
        (
            "parse_user_agent('Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1', 'browser')",
            "{\"Browser\":{\"Family\":\"AdobeAIR\",\"MajorVersion\":\"2\",\"MinorVersion\":\"5\",\"Patch\":\"1\"}}",
        ),
        ("parse_user_agent('curl/8.5.0', dynamic(['browser', 'os'])).Browser.Family", "curl"),
        (
            "parse_user_agent('none', 'os')",
            "{\"OperatingSystem\":{\"Family\":\"Other\",\"MajorVersion\":\"\",\"MinorVersion\":\"\",\"Patch\":\"\",\"PatchMinor\":\"\"}}",
        ),
    ],
    Eval::Fallible(parsed),
)];

/// The patterns, made ready when the first user agent is parsed.
static EXTRACTOR: LazyLock<Extractor<'static>> = LazyLock::new(|| {
    let patterns: Regexes<'static> =
        serde_json::from_str(include_str!("../../data/user-agents.json")).expect("a test parses with the list");
    Extractor::try_from(patterns).expect("a test parses with the list")
});

const OTHER: &str = "Other";

fn parsed(_: &Call, args: &[Cell<'_>]) -> Result<Value, String> {
    let agent = args[0].text();
    let wanted = match args.get(1) {
        Some(Cell::Dynamic(Dynamic::Array(names))) => names.iter().map(Dynamic::text).collect(),
        Some(other) => vec![other.text().into_owned()],
        None => return Err("without what to look for is not supported by this engine".to_owned()),
    };
    let mut bag = Vec::with_capacity(wanted.len());
    for name in wanted {
        bag.push(match name.as_str() {
            "browser" => member("Browser", browser(&EXTRACTOR.ua.extract(&agent).unwrap_or_default())),
            "os" => member("OperatingSystem", system(&EXTRACTOR.os.extract(&agent).unwrap_or_default())),
            "device" => member("Device", gadget(&EXTRACTOR.dev.extract(&agent).unwrap_or_default())),
            _ => return Err(format!("'{name}' is none of browser, os, device")),
        });
    }
    Ok(Value::Dynamic(Dynamic::Bag(bag.into())))
}

fn browser(found: &user_agent::ValueRef<'_>) -> Dynamic {
    described(&[
        ("Family", family(&found.family)),
        ("MajorVersion", found.major.unwrap_or_default()),
        ("MinorVersion", found.minor.unwrap_or_default()),
        ("Patch", found.patch.unwrap_or_default()),
    ])
}

fn system(found: &os::ValueRef<'_>) -> Dynamic {
    described(&[
        ("Family", family(&found.os)),
        ("MajorVersion", found.major.as_deref().unwrap_or_default()),
        ("MinorVersion", found.minor.as_deref().unwrap_or_default()),
        ("Patch", found.patch.as_deref().unwrap_or_default()),
        ("PatchMinor", found.patch_minor.as_deref().unwrap_or_default()),
    ])
}

fn gadget(found: &device::ValueRef<'_>) -> Dynamic {
    described(&[
        ("Family", family(&found.device)),
        ("Brand", found.brand.as_deref().unwrap_or_default()),
        ("Model", found.model.as_deref().unwrap_or_default()),
    ])
}

fn family(found: &str) -> &str {
    if found.is_empty() { OTHER } else { found }
}

fn described(members: &[(&str, &str)]) -> Dynamic {
    Dynamic::Bag(members.iter().map(|(name, text)| member(name, Dynamic::string(text))).collect())
}
