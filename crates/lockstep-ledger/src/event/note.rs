//! Notes to whoever works on an incident, and what people answer there.

use lockstep_core::{Act, IncidentId, Instance, Item, Time};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RunId;
use crate::format;

/// A note to whoever works on an incident is about to leave: a comment, and perhaps a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteIntended {
    /// The run that writes.
    pub run: RunId,
    /// The incident that is written.
    #[serde(with = "format::incident_id")]
    pub incident: IncidentId,
    /// The number that people call it by.
    #[serde(rename = "incident_number")]
    pub number: u64,
    /// The GUID that names the comment: the same for the same incident, cause and terms.
    pub comment: Uuid,
    /// What the comment says, without the mark that it is sent with.
    pub text: String,
    /// The tag that the incident gets.
    pub tag: Option<String>,
    /// What a person could say yes to.
    #[serde(with = "format::optional_item", default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Item>,
    /// When the incident was read before, by the service's clock.
    #[serde(with = "format::moment")]
    pub read: Time,
    /// The last act of anybody else on the incident before.
    #[serde(with = "format::optional_act", default, skip_serializing_if = "Option::is_none")]
    pub acted: Option<Act>,
    /// The installation whose mark the comment ends with.
    #[serde(with = "format::optional_instance")]
    pub signed_by: Option<Instance>,
}

/// What a person asked for by a tag on an incident. Each setting of a tag is answered once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The incident.
    #[serde(with = "format::incident_id")]
    pub incident: IncidentId,
    /// What was asked for.
    pub asked: Asked,
    /// Who set the tag, as the workspace's table names them.
    pub by: String,
    /// When the tag was set, by the service's clock.
    #[serde(with = "format::moment")]
    pub at: Time,
    /// Why it is not done; `None` where it is.
    pub refused: Option<String>,
}

/// What a tag asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// To do what was proposed.
    Approve,
    /// To take back what was last written.
    Undo,
}
