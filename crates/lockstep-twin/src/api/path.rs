//! Paths of operations: templates with named parts, matched without regard to case.

use std::collections::HashMap;

use http::Method;
use percent_encoding::percent_decode_str;

use super::{OPERATIONS, Operation};

/// A path with named parts: `/subscriptions/{subscription}/locations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Template(pub(crate) &'static str);

/// What the named parts stand for.
pub(crate) type Params = HashMap<&'static str, String>;

/// What a path leads to.
pub(crate) enum Route {
    /// An operation, with what its path's names stand for.
    Found(&'static Operation, Params),
    /// A path that is served, by other methods than this.
    OtherMethod(&'static Operation),
    /// Nothing.
    Unknown,
    /// It is no path: it cannot be decoded, or holds a NUL.
    Broken,
}

/// Finds the operation of a method and a raw path.
pub(crate) fn route(method: &Method, raw: &str) -> Route {
    let Some(segments) = decode(raw) else { return Route::Broken };
    let mut other = None;
    for operation in OPERATIONS {
        let Some(params) = operation.path.matches(&segments) else { continue };
        if operation.method == *method {
            return Route::Found(operation, params);
        }
        other.get_or_insert(operation);
    }
    other.map_or(Route::Unknown, Route::OtherMethod)
}

/// The decoded segments of a raw path; `None` where one is not UTF-8 or holds a control character.
pub(super) fn decode(raw: &str) -> Option<Vec<String>> {
    let trimmed = raw.trim_matches('/');
    trimmed.split('/').filter(|segment| !segment.is_empty()).map(segment).collect()
}

fn segment(raw: &str) -> Option<String> {
    let decoded = percent_decode_str(raw).decode_utf8().ok()?;
    (!decoded.contains(char::is_control)).then(|| decoded.into_owned())
}

impl Template {
    pub(super) fn matches(self, segments: &[String]) -> Option<Params> {
        let mut given = segments.iter();
        let fits = self.segments().all(|wanted| {
            given.next().is_some_and(|segment| name(wanted).is_some() || segment.eq_ignore_ascii_case(wanted))
        });
        if !fits || given.next().is_some() {
            return None;
        }
        let named =
            self.segments().zip(segments).filter_map(|(wanted, segment)| Some((name(wanted)?, segment.clone())));
        Some(named.collect())
    }

    fn segments(self) -> impl Iterator<Item = &'static str> {
        self.0.trim_matches('/').split('/')
    }
}

/// The name in a named part: `subscription` of `{subscription}`.
fn name(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_operations_in_any_case() {
        check("GET /SUBSCRIPTIONS/s/providers/microsoft.security/ALERTS", "Alerts_List subscription=s");
        check(
            "GET /subscriptions/s/resourcegroups/g%201/providers/Microsoft.Security/alerts/",
            "Alerts_ListByResourceGroup group=g 1 subscription=s",
        );
        check(
            "POST /subscriptions/s/providers/Microsoft.Security/locations/l/alerts/default/simulate",
            "Alerts_Simulate location=l subscription=s",
        );
        check(
            "POST /subscriptions/s/providers/Microsoft.Security/locations/l/alerts/a/INPROGRESS",
            "Alerts_UpdateSubscriptionLevelStateToInProgress alert=a location=l subscription=s",
        );
        check("PATCH /subscriptions/s", "not PATCH: Subscriptions_Get");
        check("GET /nowhere", "unknown");
        check("GET /subscriptions/%00", "broken");
        check("GET /subscriptions/%ff", "broken");
    }

    #[test]
    fn no_two_operations_share_method_and_path() {
        let shape = |operation: &Operation| {
            let parts: Vec<_> = operation
                .path
                .segments()
                .map(|part| name(part).map_or(part.to_ascii_lowercase(), |_| "{}".into()))
                .collect();
            format!("{} {}", operation.method, parts.join("/"))
        };
        let mut shapes: Vec<_> = OPERATIONS.iter().map(shape).collect();
        let all = shapes.len();
        shapes.sort();
        shapes.dedup();
        assert_eq!(shapes.len(), all);
    }

    fn check(request: &str, expected: &str) {
        let (method, path) = request.split_once(' ').unwrap();
        let found = match route(&method.parse().unwrap(), path) {
            Route::Found(operation, params) => {
                let mut params: Vec<_> = params.into_iter().map(|(name, value)| format!(" {name}={value}")).collect();
                params.sort();
                format!("{}{}", operation.name, params.concat())
            }
            Route::OtherMethod(operation) => format!("not {method}: {}", operation.name),
            Route::Unknown => "unknown".into(),
            Route::Broken => "broken".into(),
        };
        assert_eq!(found, expected, "{request}");
    }
}
