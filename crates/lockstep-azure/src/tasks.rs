//! The tasks of an incident: how many are still open.
//!
//! Source: Microsoft.SecurityInsights 2024-03-01, `Incidents.json`, IncidentTasks_List.

use azure_core::http::Request;
use lockstep_core::IncidentId;
use serde_json::{Map, Value};

use crate::endpoints::Endpoints;
use crate::error::Fault;
use crate::incidents;
use crate::json::{self, Wrong};
use crate::pages;
use crate::reply::Reply;
use crate::scope::Scope;

/// A list of tasks that is being read page by page.
#[derive(Debug)]
pub struct Pages(pages::Pages<bool>);

impl Pages {
    /// The list of the tasks of one incident, none of which has been read.
    pub fn new(endpoints: &Endpoints, scope: &Scope, id: &IncidentId) -> Self {
        let mut first = endpoints.arm.clone();
        first.set_path(&format!("{}/tasks", incidents::path(scope, id)));
        first.query_pairs_mut().append_pair("api-version", incidents::API_VERSION);
        Self(pages::Pages::new(first, MOST_PAGES, is_open))
    }

    /// Asks for the next page; `None` once all are read.
    pub fn request(&self) -> Option<Request> {
        self.0.request()
    }

    /// How many tasks are not completed. A status that is not known is not completed.
    pub fn open(self) -> u64 {
        self.0.items().into_iter().map(u64::from).sum()
    }

    /// Reads the reply to [`Pages::request`].
    pub fn was_read(&mut self, reply: &Reply) -> Result<(), Fault> {
        self.0.was_read(reply)
    }
}

fn is_open(task: &Map<String, Value>) -> Result<bool, Wrong> {
    Ok(json::text(json::member(task, "properties")?, "status")? != "Completed")
}

/// An incident has 40 tasks at most. Source: <https://learn.microsoft.com/azure/sentinel/sentinel-service-limits>.
const MOST_PAGES: usize = 40;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::Operation;

    const NAME: &str = "73e01a99-5cd7-4139-a149-9f2736ff2ab5";

    fn pages() -> Pages {
        let scope = Scope::new(NAME, NAME, "g", "work", NAME).expect("it is a scope");
        Pages::new(&Endpoints::of(crate::Cloud::Public), &scope, &IncidentId::parse(NAME).expect("it is a GUID"))
    }

    fn page(statuses: &[&str], next: Option<&str>) -> Reply {
        let task = |status: &&str| json!({ "properties": { "title": "t", "status": status } });
        let tasks: Vec<Value> = statuses.iter().map(task).collect();
        let body = json!({ "value": tasks, "nextLink": next });
        Reply::of(Operation::ListTasks, 200, body.to_string())
    }

    #[test]
    fn open_tasks_are_counted_over_all_pages() {
        let mut pages = pages();
        let first = pages.request().expect("the first page is asked for");
        assert!(first.url().path().ends_with(&format!("/incidents/{NAME}/tasks")));
        let next = "https://management.azure.com/somewhere?$skipToken=2";
        pages.was_read(&page(&["New", "Completed", "Paused"], Some(next))).expect("it can be read");
        assert_eq!(pages.request().expect("the second page is asked for").url().as_str(), next);
        pages.was_read(&page(&["New"], None)).expect("it can be read");
        assert!(pages.request().is_none());
        assert_eq!(pages.open(), 3);
    }

    #[test]
    fn i14_a_list_that_leaves_its_host_or_never_ends_is_refused() {
        let check = |next: &str, expected: &str| {
            let fault = pages().was_read(&page(&[], Some(next))).expect_err("it is refused").to_string();
            assert!(fault.contains(expected), "{fault}");
        };
        check("https://evil.example/x", "it points to another place, https://evil.example,");
        check("http://management.azure.com/x", "it points to another place, http://management.azure.com,");
        check("https://management.azure.com:8443/x", "it points to another place");
        check("https://user@management.azure.com/x", "it points to another place");
        check("/relative", "\"nextLink\" is no URL");
        let first = pages().request().expect("the first page is asked for").url().to_string();
        check(&first, "names a page that was read already");

        let mut pages = pages();
        let endless = (0..).find_map(|number| {
            let next = format!("https://management.azure.com/x?page={number}");
            pages.was_read(&page(&[], Some(&next))).err()
        });
        assert!(endless.expect("it ends").to_string().contains("more than 40 pages"));
    }

    #[test]
    fn a_page_that_is_none_is_refused() {
        let check = |body: &str, expected: &str| {
            let fault = pages().was_read(&Reply::of(Operation::ListTasks, 200, body)).expect_err("it is refused");
            assert!(fault.to_string().contains(expected), "{fault}");
        };
        check("{}", "\"value\" is missing");
        check(r#"{"value":[1]}"#, "an item of the list is a number");
        check(r#"{"value":[{"properties":{}}]}"#, "\"status\" is missing");
        check("", "ends too early");
    }
}
