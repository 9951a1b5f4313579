//! The lists of both services: how everything stands, without the delay of the tables.
//!
//! Which alerts an incident holds, no list says; the tables do.
//!
//! Source: Microsoft.SecurityInsights 2024-03-01, `Incidents.json` (`$top` is 1,000 at most), and Microsoft.Security
//! 2022-01-01, `alerts.json` (no filter). No document says what `$filter` of incidents takes; this form is that of published
//! clients.

use std::collections::{BTreeMap, BTreeSet};

use azure_core::http::Url;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::alerts::{self, FreshAlert};
use crate::door::Workspace;
use crate::endpoints::Endpoints;
use crate::error::Error;
use crate::incidents::{self, FreshIncident};
use crate::json::{self, Wrong};
use crate::operation::Operation;
use crate::pages::Pages;
use crate::scope::Scope;
use crate::sightings::Unreadable;

/// The incidents that are not closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenIncidents {
    /// Each as the list shows it, with the JSON that it came in.
    pub incidents: Vec<FreshIncident>,
    /// Those of which nothing is known, because their JSON cannot be read.
    pub unreadable: Vec<Unreadable>,
}

impl Workspace {
    /// Every incident that is not closed, of any product: one request for each 1,000 of them. An incident that is closed
    /// while the pages are read may be among them or not.
    ///
    /// # Errors
    /// Any fault of any page: some pages are no list.
    pub async fn open_incidents(&self) -> Result<OpenIncidents, Error> {
        let mut pages = Pages::new(first_incidents(self.endpoints(), self.scope()), MOST_PAGES, incident);
        let mut began = None;
        while let Some(request) = pages.request() {
            let reply = self.send(Operation::ListIncidents, request).await?;
            began = began.or(reply.date());
            pages.was_read(&reply).map_err(|fault| reply.error(fault))?;
        }
        let mut open = OpenIncidents::default();
        // What moved from one page to the next is there twice; the later one counts.
        let mut seen = BTreeSet::new();
        for item in pages.items().into_iter().rev() {
            match item {
                Ok(incident) if !seen.insert(incident.id.clone()) => {}
                Ok(mut incident) => {
                    incident.at = began.unwrap_or(incident.at);
                    open.incidents.push(incident);
                }
                Err(unreadable) => open.unreadable.push(unreadable),
            }
        }
        Ok(open)
    }

    /// How alerts of a subscription stand, those whose names in lower case are `wanted`. Pages are read until all of them
    /// were found; one that is not in the answer is not in the list.
    ///
    /// # Errors
    /// Any fault of a page that is wanted.
    pub async fn listed_alerts(
        &self,
        subscription: Uuid,
        wanted: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, FreshAlert>, Error> {
        let mut found = BTreeMap::new();
        let mut pages = Pages::new(first_alerts(self.endpoints(), subscription), MOST_PAGES, alerts::listed);
        while found.len() < wanted.len()
            && let Some(request) = pages.request()
        {
            let reply = self.send(Operation::ListAlerts, request).await?;
            pages.was_read(&reply).map_err(|fault| reply.error(fault))?;
            found.extend(pages.take().into_iter().filter(|(name, _)| wanted.contains(name)));
        }
        Ok(found)
    }
}

fn incident(item: &Map<String, Value>) -> Result<Result<FreshIncident, Unreadable>, Wrong> {
    let name = || json::optional_text(item, "name").unwrap_or_default().to_owned();
    Ok(incidents::listed(item).map_err(|found| Unreadable { name: name(), found }))
}

fn first_incidents(endpoints: &Endpoints, scope: &Scope) -> Url {
    let mut url = endpoints.arm.clone();
    url.set_path(&format!("{}/providers/Microsoft.SecurityInsights/incidents", scope.arm_id()));
    url.query_pairs_mut()
        .append_pair("api-version", incidents::API_VERSION)
        .append_pair("$filter", "properties/status ne 'Closed'")
        // What is made meanwhile comes at the end, so that no page is shifted by it.
        .append_pair("$orderby", "properties/createdTimeUtc asc")
        .append_pair("$top", "1000");
    url
}

fn first_alerts(endpoints: &Endpoints, subscription: Uuid) -> Url {
    let mut url = endpoints.arm.clone();
    url.set_path(&format!("/subscriptions/{subscription}/providers/Microsoft.Security/alerts"));
    url.query_pairs_mut().append_pair("api-version", alerts::API_VERSION);
    url
}

/// A million incidents, or more alerts than 90 days of a large tenant have.
const MOST_PAGES: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "6f1e2d3c-4b5a-4988-8776-655443322110";

    #[test]
    fn lists_are_asked_for_in_the_largest_pages() {
        let scope = Scope::new(GUID, GUID, "rg-1", "soc-ws", GUID).expect("it is a scope");
        let url = first_incidents(&Endpoints::of(crate::Cloud::Public), &scope);
        let query: Vec<_> = url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            query,
            [
                "api-version=2024-03-01",
                "$filter=properties/status ne 'Closed'",
                "$orderby=properties/createdTimeUtc asc",
                "$top=1000"
            ]
        );
        let url = first_alerts(&Endpoints::of(crate::Cloud::Public), Uuid::nil());
        assert!(url.path().ends_with("/providers/Microsoft.Security/alerts"), "{url}");
    }

    #[test]
    fn an_item_that_cannot_be_read_leaves_the_others() {
        let item = serde_json::json!({ "name": GUID, "etag": "" });
        let read = incident(item.as_object().expect("an object")).expect("it has its own answer");
        assert_eq!(read.map_err(|it| (it.name, it.found)), Err((GUID.to_owned(), "\"etag\" is empty".to_owned())));
        let item = serde_json::json!({ "name": "A_1", "properties": {} });
        let (name, alert) = alerts::listed(item.as_object().expect("an object")).expect("it has a name");
        assert_eq!((name.as_str(), alert.state), ("a_1", lockstep_core::AlertState::Unread));
    }
}
