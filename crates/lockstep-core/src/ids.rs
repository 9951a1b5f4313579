//! Names of incidents and alerts, held only in forms that are safe in a path and in a query.
//!
//! An id from the cloud is text that somebody else wrote. It becomes one of these types or it is not used at all.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// The GUID that names an incident in ARM; `IncidentName` in the `SecurityIncident` table. Lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(String);

/// The GUID that Sentinel made for an alert; `SystemAlertId` in the `SecurityAlert` table. Lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(String);

macro_rules! guid_id {
    ($name:ident) => {
        impl $name {
            /// Reads a GUID in any case; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                is_guid(text).then(|| Self(text.to_ascii_lowercase()))
            }

            /// The GUID, in lower case.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

guid_id!(IncidentId);
guid_id!(AlertId);

/// Where Defender for Cloud keeps an alert: the pieces of its ARM id.
///
/// Sentinel's tables carry them in `SecurityAlert.VendorOriginalId` (the name) and in the portal link of `AlertLink` (the
/// rest); no column holds the ARM id itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertPlace {
    subscription: String,
    resource_group: Option<String>,
    location: String,
    name: String,
}

impl AlertPlace {
    /// A place of these pieces; `None` where one could change the meaning of a path.
    ///
    /// The subscription is a GUID, the location letters and digits, the name `<inverted ticks>_<guid>` or anything of the
    /// same characters, the resource group what Azure allows in one.
    pub fn new(subscription: &str, resource_group: Option<&str>, location: &str, name: &str) -> Option<Self> {
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_name = |text: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            !text.is_empty() && text.len() <= 128 && text.bytes().all(allowed)
        };
        let fits =
            is_guid(subscription) && is_word(location) && is_name(name) && resource_group.is_none_or(is_resource_group);
        fits.then(|| Self {
            subscription: subscription.to_ascii_lowercase(),
            resource_group: resource_group.map(ToOwned::to_owned),
            location: location.to_ascii_lowercase(),
            name: name.to_owned(),
        })
    }

    /// The subscription's GUID, in lower case.
    pub fn subscription(&self) -> &str {
        &self.subscription
    }

    /// The resource group that the alert's ARM id names; `None` for an alert at subscription level.
    pub fn resource_group(&self) -> Option<&str> {
        self.resource_group.as_deref()
    }

    /// The region in which Defender for Cloud keeps the alert, in lower case.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The alert's ARM name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Whether `text` is a GUID in the form 8-4-4-4-12.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether `text` may name a resource group: up to 90 letters, digits, `_`, `-`, `.`, `(`, `)`, not ending in a dot.
fn is_resource_group(text: &str) -> bool {
    let allowed = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | '(' | ')');
    !text.is_empty() && text.chars().count() <= 90 && text.chars().all(allowed) && !text.ends_with('.')
}
