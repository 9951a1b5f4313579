//! Alerts in Defender for Cloud: reading one, finding out where it is, and moving it.
//!
//! Source: Microsoft.Security 2022-01-01, `alerts.json`.

use azure_core::http::{Method, Request, Url};
use lockstep_core::{AlertAct, AlertPlace, AlertState, Time};
use serde_json::{Map, Value};

use crate::endpoints::Endpoints;
use crate::error::Fault;
use crate::json::{self, Wrong};
use crate::operation::Operation;
use crate::reply::Reply;
use crate::wire_time;

/// An alert as it was just read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshAlert {
    /// Where it stands; [`AlertState::Missing`] where there is no such alert.
    pub state: AlertState,
    /// The product that raised it; empty where the alert does not say or is missing.
    pub product: String,
    /// What people read; empty where the alert does not say or is missing.
    pub title: String,
    /// Its type; empty where the alert does not say or is missing.
    pub kind: String,
    /// When it was raised; `None` where the alert does not say or is missing.
    pub raised: Option<Time>,
    /// Where it is by its own ARM id; `None` where that is no place or the alert is missing.
    pub place: Option<AlertPlace>,
    document: Option<Map<String, Value>>,
}

impl FreshAlert {
    fn missing() -> Self {
        let (product, title, kind) = (String::new(), String::new(), String::new());
        Self { state: AlertState::Missing, product, title, kind, raised: None, place: None, document: None }
    }

    /// The JSON that it came in, whole; `None` where there is no such alert.
    pub fn document(&self) -> Option<&Map<String, Value>> {
        self.document.as_ref()
    }
}

/// Asks for one alert.
pub fn read(endpoints: &Endpoints, place: &AlertPlace) -> Request {
    Request::new(url(endpoints, place, ""), Method::Get)
}

/// Asks to move one alert. A body is not taken, and there is no version to bind it to.
pub fn act(endpoints: &Endpoints, place: &AlertPlace, act: AlertAct) -> Request {
    let verb = match act {
        AlertAct::Activate => "/activate",
        AlertAct::SetInProgress => "/inProgress",
        AlertAct::Dismiss => "/dismiss",
        AlertAct::Resolve => "/resolve",
    };
    Request::new(url(endpoints, place, verb), Method::Post)
}

/// The operation that [`act`] asks for.
pub fn operation(act: AlertAct) -> Operation {
    match act {
        AlertAct::Activate => Operation::ActivateAlert,
        AlertAct::SetInProgress => Operation::SetAlertInProgress,
        AlertAct::Dismiss => Operation::DismissAlert,
        AlertAct::Resolve => Operation::ResolveAlert,
    }
}

/// The ARM id of an alert.
pub fn arm_id(place: &AlertPlace) -> String {
    let group = place.resource_group().map_or_else(String::new, |group| format!("/resourceGroups/{group}"));
    format!(
        "/subscriptions/{}{group}/providers/Microsoft.Security/locations/{}/alerts/{}",
        place.subscription(),
        place.location(),
        place.name()
    )
}

fn url(endpoints: &Endpoints, place: &AlertPlace, verb: &str) -> Url {
    let mut url = endpoints.arm.clone();
    url.set_path(&format!("{}{verb}", arm_id(place)));
    url.query_pairs_mut().append_pair("api-version", API_VERSION);
    url
}

/// Reads the reply to [`read`].
///
/// An alert that is not there is an answer (Defender for Cloud keeps alerts for a time only); a subscription that is not
/// there is a fault, since then nothing is known about the alert.
pub fn was_read(reply: &Reply, place: &AlertPlace) -> Result<FreshAlert, Fault> {
    match reply.accepted() {
        Err(Fault::NotFound { code, .. }) if !ELSEWHERE.contains(&code.as_str()) => {
            return Ok(FreshAlert::missing());
        }
        accepted => accepted?,
    }
    let read = || -> Result<FreshAlert, Wrong> {
        let alert = json::object(&reply.body)?;
        let name = json::text(&alert, "name")?;
        if !name.eq_ignore_ascii_case(place.name()) {
            return Err(format!("alert \"{}\" came where {} was asked for", name.escape_debug(), place.name()));
        }
        let fresh = resource(&alert, name)?;
        Ok(FreshAlert { document: Some(alert), ..fresh })
    };
    read().map_err(|found| Fault::Malformed { found })
}

/// Reads an alert of a list: its name in lower case, and how it stands. One whose name alone can be read is unread; the JSON
/// of none is kept.
pub fn listed(alert: &Map<String, Value>) -> Result<(String, FreshAlert), Wrong> {
    let name = json::text(alert, "name")?;
    let fresh = resource(alert, name).unwrap_or_else(|found| {
        tracing::warn!(alert = name, found, "an alert of the list cannot be read");
        FreshAlert { state: AlertState::Unread, ..FreshAlert::missing() }
    });
    Ok((name.to_ascii_lowercase(), fresh))
}

fn resource(alert: &Map<String, Value>, name: &str) -> Result<FreshAlert, Wrong> {
    let properties = json::member(alert, "properties")?;
    Ok(FreshAlert {
        state: state(json::text(properties, "status")?),
        product: json::optional_text(properties, "productName")?.to_owned(),
        title: json::optional_text(properties, "alertDisplayName")?.to_owned(),
        kind: json::optional_text(properties, "alertType")?.to_owned(),
        raised: wire_time::read(json::optional_text(properties, "timeGeneratedUtc")?),
        place: at_arm_id(json::optional_text(alert, "id")?).filter(|at| at.name().eq_ignore_ascii_case(name)),
        document: None,
    })
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

/// The place that an alert's ARM id names; `None` where it names none.
fn at_arm_id(id: &str) -> Option<AlertPlace> {
    let parts: Vec<&str> = id.strip_prefix('/')?.split('/').collect();
    let is = |at: usize, word: &str| parts.get(at).is_some_and(|part| part.eq_ignore_ascii_case(word));
    let (group, rest) = if is(2, "resourceGroups") { (parts.get(3).copied(), 4) } else { (None, 2) };
    let fits = is(0, "subscriptions")
        && is(rest, "providers")
        && is(rest + 1, "Microsoft.Security")
        && is(rest + 2, "locations")
        && is(rest + 4, "alerts")
        && parts.len() == rest + 6;
    fits.then(|| AlertPlace::new(parts[1], group, parts[rest + 3], parts[rest + 5])).flatten()
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
pub const API_VERSION: &str = "2022-01-01";

/// Codes of a 404 that say nothing about the alert.
const ELSEWHERE: [&str; 3] = ["SubscriptionNotFound", "InvalidResourceType", "NoRegisteredProviderFound"];

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "2518298467986649999_4d25bfef-2d77-4a08-adc0-3e35715cc92a";
    const SUBSCRIPTION: &str = "20ff7fc3-e762-44dd-bd96-b71116dcdc23";

    #[test]
    fn a_place_is_read_from_a_portal_link() {
        let check = |vendor_original_id: &str, link: &str, expected: Option<(Option<&str>, &str)>| {
            let place = place(vendor_original_id, link);
            let found = place.as_ref().map(|it| (it.resource_group(), it.location()));
            assert_eq!(found, expected, "{link}");
            assert!(place.is_none_or(|it| it.name() == NAME && it.subscription() == SUBSCRIPTION));
        };
        let link = |blade: &str, tail: &str| {
            format!(
                "https://portal.azure.com/#blade/{blade}/AlertBlade/alertId/{NAME}/subscriptionId/{SUBSCRIPTION}{tail}"
            )
        };
        let storage = "Microsoft_Azure_Security_AzureDefenderForData";
        let tail = "/resourceGroup/rg-1/referencedFrom/alertDeepLink/location/CentralUS";
        check(NAME, &link(storage, tail), Some((Some("rg-1"), "centralus")));
        check("", &link("Microsoft_Azure_Security", tail), Some((Some("rg-1"), "centralus")));
        check(NAME, &link(storage, "/referencedFrom/alertDeepLink/location/westeurope"), Some((None, "westeurope")));
        check(NAME, &link(storage, "/resourceGroup/rg%20%28x%29/location/westeurope"), None);
        check(
            NAME,
            &link(storage, "/resourceGroup/rg%28x%29/location/westeurope"),
            Some((Some("rg(x)"), "westeurope")),
        );
        check(NAME, &link(storage, "/resourceGroup/..%2F..%2Fx/location/westeurope"), None);
        check("another_name", &link(storage, tail), None);
        check(NAME, &link(storage, "/resourceGroup/rg-1"), None);
        check(NAME, "", None);
        check(NAME, "https://security.microsoft.com/alerts/da6385", None);
    }

    #[test]
    fn an_alert_is_asked_for_where_it_is() {
        let check = |group, expected: &str| {
            let place = AlertPlace::new(SUBSCRIPTION, group, "westeurope", NAME).expect("it is a place");
            let request = read(&Endpoints::of(crate::Cloud::Public), &place);
            let expected = format!(
                "https://management.azure.com/subscriptions/{SUBSCRIPTION}{expected}/providers/Microsoft.Security/\
                 locations/westeurope/alerts/{NAME}?api-version=2022-01-01"
            );
            assert_eq!(request.url().as_str(), expected);
        };
        check(Some("rg-1"), "/resourceGroups/rg-1");
        check(None, "");
    }

    #[test]
    fn an_act_is_asked_for_where_the_alert_is() {
        let check = |act: AlertAct, verb: &str| {
            let place = AlertPlace::new(SUBSCRIPTION, None, "westeurope", NAME).expect("it is a place");
            let request = super::act(&Endpoints::of(crate::Cloud::Public), &place, act);
            assert_eq!(request.method(), Method::Post);
            assert!(request.url().path().ends_with(&format!("/locations/westeurope/alerts/{NAME}/{verb}")), "{verb}");
            assert!(operation(act).is_write() && operation(act).actions()[0].ends_with(&format!("/{verb}/action")));
        };
        check(AlertAct::Activate, "activate");
        check(AlertAct::SetInProgress, "inProgress");
        check(AlertAct::Dismiss, "dismiss");
        check(AlertAct::Resolve, "resolve");
    }

    #[test]
    fn an_arm_id_names_a_place_or_none() {
        let check = |id: &str, expected: Option<Option<&str>>| {
            let id = id.replace("SUB", SUBSCRIPTION).replace("NAME", NAME);
            let place = at_arm_id(&id);
            assert_eq!(place.as_ref().map(AlertPlace::resource_group), expected, "{id}");
        };
        check(
            "/subscriptions/SUB/resourceGroups/rg-1/providers/Microsoft.Security/locations/eu/alerts/NAME",
            Some(Some("rg-1")),
        );
        check("/subscriptions/SUB/providers/microsoft.security/locations/eu/alerts/NAME", Some(None));
        check("/subscriptions/SUB/providers/Microsoft.Security/locations/eu/alerts/NAME/dismiss", None);
        check("/subscriptions/SUB/providers/Microsoft.Compute/locations/eu/alerts/NAME", None);
        check("/subscriptions/x/providers/Microsoft.Security/locations/eu/alerts/NAME", None);
        check("", None);
    }

    #[test]
    fn a_reply_says_where_an_alert_stands() {
        let check = |status, body: &str, expected: Result<AlertState, &str>| {
            let place = AlertPlace::new(SUBSCRIPTION, None, "westeurope", NAME).expect("it is a place");
            match (was_read(&Reply::of(Operation::ReadAlert, status, body), &place), expected) {
                (Ok(alert), Ok(state)) => assert_eq!(alert.state, state),
                (Err(fault), Err(words)) => assert!(fault.to_string().contains(words), "{fault}"),
                (found, expected) => panic!("{found:?} where {expected:?} was expected"),
            }
        };
        let alert = |status: &str| {
            format!(r#"{{"name":"{NAME}","properties":{{"status":"{status}","productName":"Azure Security Center"}}}}"#)
        };
        let error = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
        check(200, &alert("Active"), Ok(AlertState::New));
        check(200, &alert("InProgress"), Ok(AlertState::InProgress));
        check(200, &alert("Dismissed"), Ok(AlertState::Dismissed));
        check(200, &alert("Resolved"), Ok(AlertState::Resolved));
        check(200, &alert("New"), Ok(AlertState::Unknown("New".to_owned())));
        check(200, &alert("resolved"), Ok(AlertState::Unknown("resolved".to_owned())));
        check(404, &error("ResourceNotFound"), Ok(AlertState::Missing));
        check(404, &error("SubscriptionNotFound"), Err("SubscriptionNotFound"));
        check(200, r#"{"name":"2518_x","properties":{"status":"Resolved"}}"#, Err("came where"));
        check(200, "{}", Err("\"name\" is missing"));
        check(200, &alert("Resolved")[..40], Err("ends too early"));
    }

    proptest::proptest! {
        #[test]
        fn no_link_makes_it_panic(name in ".{0,40}", link in "(https://p/#)?(/|alertId|subscriptionId|location|%|[a-z0-9-]){0,40}") {
            let _ = place(&name, &link);
        }
    }
}
