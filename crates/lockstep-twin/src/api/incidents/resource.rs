//! An incident as ARM shows it, written without a tree of values in between: pages hold up to a thousand.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::clock::wire_time;
use crate::estate::Workspace;
use crate::world::{Incident, Label, Owner, incident_url};

/// An incident of a workspace, as it is shown to who asks for an api-version. Members without a value are left out.
pub(super) struct Shown<'a> {
    pub(super) incident: &'a Incident,
    pub(super) workspace: &'a Workspace,
    pub(super) version: &'a str,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut resource = serializer.serialize_map(None)?;
        resource.serialize_entry("id", &self.workspace.sentinel("Incidents", &self.incident.name))?;
        resource.serialize_entry("name", &self.incident.name)?;
        resource.serialize_entry("etag", &self.incident.etag())?;
        resource.serialize_entry("type", "Microsoft.SecurityInsights/Incidents")?;
        resource.serialize_entry("properties", &Properties(self))?;
        resource.end()
    }
}

struct Properties<'a>(&'a Shown<'a>);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown { incident, workspace, .. } = self.0;
        let mut properties = serializer.serialize_map(None)?;
        properties.serialize_entry("title", &incident.title)?;
        if !incident.description.is_empty() {
            properties.serialize_entry("description", &incident.description)?;
        }
        properties.serialize_entry("severity", incident.severity.as_str())?;
        properties.serialize_entry("status", incident.state.status().as_str())?;
        if let Some(closing) = incident.state.closing() {
            properties.serialize_entry("classification", closing.classification.as_str())?;
            if let Some(reason) = closing.reason {
                properties.serialize_entry("classificationReason", reason.as_str())?;
            }
            if let Some(comment) = &closing.comment {
                properties.serialize_entry("classificationComment", comment)?;
            }
        }
        properties.serialize_entry("owner", &ShownOwner(&incident.owner))?;
        properties.serialize_entry("labels", &Labels(&incident.labels))?;
        if let Some(at) = incident.first_activity {
            properties.serialize_entry("firstActivityTimeUtc", &wire_time(at))?;
        }
        if let Some(at) = incident.last_activity {
            properties.serialize_entry("lastActivityTimeUtc", &wire_time(at))?;
        }
        properties.serialize_entry("lastModifiedTimeUtc", &wire_time(incident.modified))?;
        properties.serialize_entry("createdTimeUtc", &wire_time(incident.created))?;
        properties.serialize_entry("incidentNumber", &incident.number)?;
        properties.serialize_entry("additionalData", &Additional(self.0))?;
        properties.serialize_entry("relatedAnalyticRuleIds", &incident.rule_ids)?;
        properties.serialize_entry("incidentUrl", &incident.url(workspace))?;
        properties.serialize_entry("providerName", incident.provider_name())?;
        properties.serialize_entry("providerIncidentId", &incident.provider_number().to_string())?;
        properties.end()
    }
}

struct Additional<'a>(&'a Shown<'a>);

impl Serialize for Additional<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown { incident, workspace, version } = self.0;
        let mut additional = serializer.serialize_map(None)?;
        additional.serialize_entry("alertsCount", &incident.alert_ids.len())?;
        additional.serialize_entry("bookmarksCount", &incident.bookmarks.len())?;
        additional.serialize_entry("commentsCount", &incident.comments_count())?;
        additional.serialize_entry("alertProductNames", &incident.product_names)?;
        additional.serialize_entry("tactics", &incident.tactics)?;
        if let Some(number) = incident.xdr_number {
            let url = format!("https://security.microsoft.com/incidents/{number}");
            additional.serialize_entry("providerIncidentUrl", &url)?;
        }
        if *version == NEWEST_PREVIEW {
            additional.serialize_entry("techniques", &incident.techniques)?;
            if let Some((number, name)) = &incident.merged_into {
                additional.serialize_entry("mergedIncidentNumber", &number.to_string())?;
                additional.serialize_entry("mergedIncidentUrl", &incident_url(name, workspace))?;
            }
        }
        additional.end()
    }
}

struct ShownOwner<'a>(&'a Owner);

impl Serialize for ShownOwner<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Owner { object_id, email, assigned_to, user_principal_name } = self.0;
        let members = [
            ("objectId", object_id),
            ("email", email),
            ("assignedTo", assigned_to),
            ("userPrincipalName", user_principal_name),
        ];
        serializer.collect_map(members.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))))
    }
}

struct Labels<'a>(&'a [Label]);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut labels = serializer.serialize_seq(Some(self.0.len()))?;
        for label in self.0 {
            let kind = if label.auto { "AutoAssigned" } else { "User" };
            labels.serialize_element(&ShownLabel { label_name: &label.name, label_type: kind })?;
        }
        labels.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownLabel<'a> {
    label_name: &'a str,
    label_type: &'static str,
}

/// The version whose incidents tell techniques and what they were merged into.
const NEWEST_PREVIEW: &str = "2025-10-01-preview";
