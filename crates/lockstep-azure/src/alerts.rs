//! Alerts in Defender for Cloud: reading one, and finding out where it is.
//!
//! Source: Microsoft.Security 2022-01-01, `alerts.json`. Nothing here changes an alert.

use azure_core::http::{Method, Request, Url};
use lockstep_core::{AlertPlace, AlertState};

use crate::endpoints::Endpoints;
use crate::error::Fault;
use crate::exchange::Reply;
use crate::json::{self, Wrong};

/// An alert as it was just read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshAlert {
    /// Where it stands; [`AlertState::Missing`] where there is no such alert.
    pub state: AlertState,
    /// The product that raised it; empty where the alert does not say or is missing.
    pub product: String,
    /// What people read; empty where the alert does not say or is missing.
    pub title: String,
}

/// Asks for one alert.
pub fn read(endpoints: &Endpoints, place: &AlertPlace) -> Request {
    let group = place.resource_group().map_or_else(String::new, |group| format!("/resourceGroups/{group}"));
    let mut url = endpoints.arm.clone();
    url.set_path(&format!(
        "/subscriptions/{}{group}/providers/Microsoft.Security/locations/{}/alerts/{}",
        place.subscription(),
        place.location(),
        place.name()
    ));
    url.query_pairs_mut().append_pair("api-version", API_VERSION);
    Request::new(url, Method::Get)
}

/// Reads the reply to [`read`].
///
/// An alert that is not there is an answer (Defender for Cloud keeps alerts for a time only); a subscription that is not
/// there is a fault, since then nothing is known about the alert.
pub fn was_read(reply: &Reply, place: &AlertPlace) -> Result<FreshAlert, Fault> {
    match reply.accepted() {
        Err(Fault::NotFound { code, .. }) if !ELSEWHERE.contains(&code.as_str()) => {
            return Ok(FreshAlert { state: AlertState::Missing, product: String::new(), title: String::new() });
        }
        accepted => accepted?,
    }
    let read = || -> Result<FreshAlert, Wrong> {
        let alert = json::object(&reply.body)?;
        let name = json::text(&alert, "name")?;
        if !name.eq_ignore_ascii_case(place.name()) {
            return Err(format!("alert \"{}\" came where {} was asked for", name.escape_debug(), place.name()));
        }
        let properties = json::member(&alert, "properties")?;
        Ok(FreshAlert {
            state: state(json::text(properties, "status")?),
            product: json::optional_text(properties, "productName")?.to_owned(),
            title: json::optional_text(properties, "alertDisplayName")?.to_owned(),
        })
    };
    read().map_err(|found| Fault::Malformed { found })
}

/// Where an alert is, from what its row in `SecurityAlert` says: its `VendorOriginalId`, which is its ARM name, and its
/// `AlertLink`, a portal link that names the rest. `None` where they do not say it all or contradict each other.
///
/// Source of both: rows as published by users of the connector, and two community playbooks that read the link the same way;
/// no document names the form.
pub fn place(vendor_original_id: &str, alert_link: &str) -> Option<AlertPlace> {
    let link = Url::parse(alert_link).ok()?;
    let parts: Vec<&str> = link.path().split('/').chain(link.fragment()?.split(['/', '?'])).collect();
    let after = |name: &str| {
        let at = parts.iter().position(|part| part.eq_ignore_ascii_case(name))?;
        parts.get(at + 1).copied().filter(|part| !part.is_empty())
    };
    let (name, group) = (after("alertId"), after("resourceGroup").and_then(percent_decoded));
    let name = match (vendor_original_id, name) {
        ("", Some(linked)) => linked,
        (named, Some(linked)) if !named.eq_ignore_ascii_case(linked) => return None,
        (named, _) => named,
    };
    AlertPlace::new(after("subscriptionId")?, group.as_deref(), after("location")?, name)
}

fn state(word: &str) -> AlertState {
    match word {
        "Active" => AlertState::New,
        "InProgress" => AlertState::InProgress,
        "Dismissed" => AlertState::Dismissed,
        "Resolved" => AlertState::Resolved,
        _ => AlertState::Unknown(word.to_owned()),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The newest version; inProgress is not known to older ones.
const API_VERSION: &str = "2022-01-01";

/// Codes of a 404 that say nothing about the alert.
const ELSEWHERE: [&str; 3] = ["SubscriptionNotFound", "InvalidResourceType", "NoRegisteredProviderFound"];
