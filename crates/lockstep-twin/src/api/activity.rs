//! The activity log: `Microsoft.Insights/eventtypes/management/values`, 2015-04-01.
//!
//! The filter's grammar is as small as the service says: a span of time, and at most one of four names. Times may stand
//! without quotes and without an offset, as the Azure CLI sends them. Newest first.

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::call::Call;
use super::page;
use super::reply::{Answer, Refusal};
use crate::clock::{parse_time, wire_time};
use crate::world::{Activity, Outcome, http_request, provider};

/// What the log tells within the filter.
pub(super) fn list(call: &Call) -> Answer {
    let filter = Filter::parse(call.query.one("$filter").unwrap_or_default())?;
    let before: Option<usize> = page::after(call)?;
    let select = call.query.one("$select").filter(|names| !names.trim().is_empty());
    let world = call.twin.world();
    let now = world.now();
    let newest_first = world.activities().iter().enumerate().rev();
    let mut found = newest_first.filter(|(at, activity)| {
        before.is_none_or(|before| *at < before)
            && is_here(activity, call)
            && filter.holds(activity)
            && activity.submitted <= now
    });
    let (mut items, mut last) = (Vec::new(), None);
    for (at, activity) in found.by_ref().take(PAGE) {
        items.push(shown(activity, call, select));
        last = Some(at);
    }
    let more = found.next().is_some();
    Ok(page::page(call, items, last.filter(|_| more)))
}

/// The categories that events can have.
pub(super) fn categories(_: &Call) -> Answer {
    let named = |name: &&str| json!({"value": name, "localizedValue": name});
    Ok(page::whole(CATEGORIES.iter().map(named).collect()))
}

/// Whether it is in the log of the subscription that the call is about.
fn is_here(activity: &Activity, call: &Call) -> bool {
    activity.subscription().eq_ignore_ascii_case(call.param("subscription"))
}

/// What is asked of the log.
struct Filter {
    from: OffsetDateTime,
    to: Option<OffsetDateTime>,
    only: Option<(String, String)>,
}

impl Filter {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = || {
            let message = format!(
                "The filter '{text}' is not supported: write eventTimestamp ge '...' and eventTimestamp le '...', and one of resourceGroupName, resourceUri, resourceProvider, correlationId eq '...'."
            );
            Refusal::arm(StatusCode::BAD_REQUEST, "BadRequest", message)
        };
        let (mut from, mut to, mut only) = (None, None, None);
        for clause in text.split(" and ") {
            let mut words = clause.trim().splitn(3, ' ');
            let (Some(name), Some(operator), Some(value)) = (words.next(), words.next(), words.next()) else {
                return Err(refuse());
            };
            let value = value.trim();
            let quoted = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
            let text = quoted.unwrap_or(value);
            let moment = || parse_time(text).or_else(|| parse_time(&format!("{text}Z"))).ok_or_else(refuse);
            let known = ["resourceGroupName", "resourceUri", "resourceProvider", "correlationId"];
            match (name.to_ascii_lowercase().as_str(), operator.to_ascii_lowercase().as_str()) {
                ("eventtimestamp", "ge") if from.is_none() => from = Some(moment()?),
                ("eventtimestamp", "le") if to.is_none() => to = Some(moment()?),
                (name, "eq") if only.is_none() && known.iter().any(|known| known.eq_ignore_ascii_case(name)) => {
                    only = Some((name.to_owned(), quoted.ok_or_else(refuse)?.to_ascii_lowercase()));
                }
                _ => return Err(refuse()),
            }
        }
        Ok(Self { from: from.ok_or_else(refuse)?, to, only })
    }

    fn holds(&self, activity: &Activity) -> bool {
        let in_time = activity.at >= self.from && self.to.is_none_or(|to| activity.at <= to);
        let resource = activity.resource_id.to_ascii_lowercase();
        in_time
            && self.only.as_ref().is_none_or(|(name, value)| match name.as_str() {
                "resourcegroupname" => group(&resource) == value,
                "resourceuri" => resource == value.trim_end_matches('/'),
                "resourceprovider" => provider(&activity.action).eq_ignore_ascii_case(value),
                _ => activity.correlation_id.eq_ignore_ascii_case(value),
            })
    }
}

fn group(resource_id: &str) -> &str {
    let mut segments = resource_id.split('/').skip_while(|segment| !segment.eq_ignore_ascii_case("resourcegroups"));
    segments.nth(1).unwrap_or_default()
}

fn shown(activity: &Activity, call: &Call, select: Option<&str>) -> Value {
    let estate = call.twin.estate();
    let named = |value: &str| json!({"value": value, "localizedValue": value});
    let (sub_status, in_words) = activity.outcome.sub_status();
    let event_name = match (&activity.about, activity.outcome) {
        (Some(about), _) => about.title.as_str(),
        (None, Outcome::Started) => "BeginRequest",
        (None, _) => "EndRequest",
    };
    let mut event = json!({
        "correlationId": activity.correlation_id,
        "description": activity.about.as_ref().map_or("", |about| about.description.as_str()),
        "eventDataId": activity.event_id,
        "eventName": named(event_name),
        "category": named(activity.category()),
        "id": format!("{}/events/{}/ticks/{}", activity.resource_id, activity.event_id, ticks(activity.at)),
        "level": if matches!(activity.outcome, Outcome::Failed(_)) { "Error" } else { "Informational" },
        "resourceGroupName": group(&activity.resource_id),
        "resourceProviderName": named(provider(&activity.action)),
        "resourceId": activity.resource_id,
        "operationId": activity.correlation_id,
        "operationName": named(&activity.action),
        "status": named(activity.outcome.as_str()),
        "subStatus": {"value": sub_status, "localizedValue": in_words},
        "eventTimestamp": wire_time(activity.at),
        "submissionTimestamp": wire_time(activity.submitted),
        "subscriptionId": activity.subscription(),
        "tenantId": estate.tenant_of(activity.subscription()),
    });
    if let Some(about) = &activity.about {
        event["resourceType"] = named("Microsoft.Security/locations/alerts");
        event["properties"] = about.properties.clone();
    }
    if let Some(caller) = activity.caller_name() {
        event["authorization"] = json!({"action": activity.action, "scope": activity.resource_id});
        event["caller"] = caller.into();
        event["claims"] = Value::Object(activity.claims.clone());
        event["httpRequest"] = http_request(activity);
    }
    match (select, event) {
        (Some(names), Value::Object(mut event)) => {
            event.retain(|name, _| names.split(',').any(|wanted| wanted.trim().eq_ignore_ascii_case(name)));
            Value::Object(event)
        }
        (_, event) => event,
    }
}

/// Ticks since the year 1, as the log's ids count.
fn ticks(at: OffsetDateTime) -> i128 {
    at.unix_timestamp_nanos() / 100 + TICKS_AT_UNIX_EPOCH
}

const TICKS_AT_UNIX_EPOCH: i128 = 621_355_968_000_000_000;
/// Assumed.
const PAGE: usize = 200;
/// Microsoft.Insights/stable/2015-04-01/eventCategories_API.json of the vendor's specifications.
const CATEGORIES: &[&str] = &["Administrative", "Security", "ServiceHealth", "Alert", "Recommendation", "Policy"];
