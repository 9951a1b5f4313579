//! Comments on an incident: writing one under a name of our own.
//!
//! Source: Microsoft.SecurityInsights 2024-03-01, `Incidents.json`, IncidentComments_CreateOrUpdate. A comment that is written
//! twice under the same name is one comment.

use azure_core::http::{Method, Request};
use lockstep_core::IncidentId;
use serde_json::json;
use uuid::Uuid;

use crate::endpoints::Endpoints;
use crate::error::Fault;
use crate::incidents;
use crate::reply::Reply;
use crate::scope::Scope;

/// How many UTF-16 code units a comment may have. Source: <https://learn.microsoft.com/azure/sentinel/sentinel-service-limits>, which
/// says characters.
pub const LONGEST_COMMENT: usize = 30_000;

/// Asks to write a comment.
pub fn write(endpoints: &Endpoints, scope: &Scope, incident: &IncidentId, name: Uuid, message: &str) -> Request {
    let mut url = endpoints.arm.clone();
    url.set_path(&format!("{}/comments/{name}", incidents::path(scope, incident)));
    url.query_pairs_mut().append_pair("api-version", incidents::API_VERSION);
    let mut request = Request::new(url, Method::Put);
    request.insert_header("content-type", "application/json");
    request.set_body(json!({ "properties": { "message": message } }).to_string());
    request
}

/// Reads the reply to [`write`].
pub fn was_written(reply: &Reply) -> Result<(), Fault> {
    reply.accepted()
}
