//! A list that comes in pages, from Resource Manager: followed to its end, and never off its host.
//!
//! Source: the list form of <https://github.com/Azure/azure-rest-api-specs>, common to both providers: `{"value": [..], "nextLink"?}`,
//! where `nextLink` is followed as it is.

use std::collections::HashSet;

use azure_core::http::{Method, Request, Url};
use serde_json::{Map, Value};

use crate::error::Fault;
use crate::json::{self, Wrong};
use crate::reply::Reply;

/// A list that is being read page by page.
#[derive(Debug)]
pub struct Pages<T> {
    host: Url,
    next: Option<Url>,
    seen: HashSet<Url>,
    most: usize,
    read: fn(&Map<String, Value>) -> Result<T, Wrong>,
    items: Vec<T>,
}

impl<T> Pages<T> {
    /// The list whose first page is at `first`, none of which has been read. A list of more than `most` pages never ends.
    pub fn new(first: Url, most: usize, read: fn(&Map<String, Value>) -> Result<T, Wrong>) -> Self {
        Self { host: first.clone(), next: Some(first), seen: HashSet::new(), most, read, items: Vec::new() }
    }

    /// Asks for the next page; `None` once all are read.
    pub fn request(&self) -> Option<Request> {
        Some(Request::new(self.next.clone()?, Method::Get))
    }

    /// What the pages read so far hold.
    pub fn items(self) -> Vec<T> {
        self.items
    }

    /// Takes out what the pages read so far hold.
    pub fn take(&mut self) -> Vec<T> {
        std::mem::take(&mut self.items)
    }

    /// Reads the reply to [`Pages::request`].
    pub fn was_read(&mut self, reply: &Reply) -> Result<(), Fault> {
        reply.accepted()?;
        let next = self.page(&reply.body).map_err(|found| Fault::Malformed { found })?;
        self.seen.extend(self.next.take());
        let Some(next) = next else { return Ok(()) };
        let next = Url::parse(&next).map_err(|_| Fault::Malformed { found: "\"nextLink\" is no URL".to_owned() })?;
        if next.origin() != self.host.origin() || !next.username().is_empty() || next.password().is_some() {
            return Err(Fault::Elsewhere { to: next.origin().ascii_serialization() });
        }
        if self.seen.contains(&next) {
            return Err(Fault::Endless { found: "\"nextLink\" names a page that was read already".to_owned() });
        }
        if self.seen.len() >= self.most {
            return Err(Fault::Endless { found: format!("more than {} pages", self.most) });
        }
        self.next = Some(next);
        Ok(())
    }

    fn page(&mut self, body: &[u8]) -> Result<Option<String>, Wrong> {
        let page = json::object(body)?;
        if !page.contains_key("value") {
            return Err("\"value\" is missing, a list was expected".to_owned());
        }
        for item in json::list(&page, "value")? {
            let Value::Object(item) = item else {
                return Err(format!("an item of the list is {}, an object was expected", json::kind(item)));
            };
            self.items.push((self.read)(item)?);
        }
        let next = json::optional_text(&page, "nextLink")?;
        Ok((!next.is_empty()).then(|| next.to_owned()))
    }
}
