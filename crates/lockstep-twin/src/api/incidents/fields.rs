//! What lists of incidents can be filtered and ordered by.

use crate::odata::{Cell, Field, Kind};
use crate::world::{Classification, Incident};

/// Every property, by its path.
pub(super) const FIELDS: &[Field<Incident>] = &[
    Field { path: "name", kind: Kind::Text, read: |incident| Cell::Text(incident.name.clone()) },
    Field { path: "properties/title", kind: Kind::Text, read: |incident| Cell::Text(incident.title.clone()) },
    Field {
        path: "properties/description",
        kind: Kind::Text,
        read: |incident| Cell::Text(incident.description.clone()),
    },
    Field {
        path: "properties/severity",
        kind: Kind::Text,
        read: |incident| Cell::Text(incident.severity.as_str().into()),
    },
    Field {
        path: "properties/status",
        kind: Kind::Text,
        read: |incident| Cell::Text(incident.state.status().as_str().into()),
    },
    Field { path: "properties/classification", kind: Kind::Text, read: classification },
    Field { path: "properties/classificationReason", kind: Kind::Text, read: classification_reason },
    Field {
        path: "properties/owner/assignedTo",
        kind: Kind::Text,
        read: |incident| optional(&incident.owner.assigned_to),
    },
    Field { path: "properties/owner/email", kind: Kind::Text, read: |incident| optional(&incident.owner.email) },
    Field { path: "properties/owner/objectId", kind: Kind::Text, read: |incident| optional(&incident.owner.object_id) },
    Field {
        path: "properties/owner/userPrincipalName",
        kind: Kind::Text,
        read: |incident| optional(&incident.owner.user_principal_name),
    },
    Field {
        path: "properties/incidentNumber",
        kind: Kind::Number,
        read: |incident| Cell::Number(incident.number.into()),
    },
    Field { path: CREATED, kind: Kind::Time, read: |incident| Cell::Time(incident.created) },
    Field { path: MODIFIED, kind: Kind::Time, read: |incident| Cell::Time(incident.modified) },
    Field {
        path: "properties/firstActivityTimeUtc",
        kind: Kind::Time,
        read: |incident| incident.first_activity.map_or(Cell::Missing, Cell::Time),
    },
    Field {
        path: "properties/lastActivityTimeUtc",
        kind: Kind::Time,
        read: |incident| incident.last_activity.map_or(Cell::Missing, Cell::Time),
    },
    Field {
        path: "properties/providerName",
        kind: Kind::Text,
        read: |incident| Cell::Text(incident.provider_name().into()),
    },
    Field {
        path: "properties/additionalData/alertProductNames",
        kind: Kind::List,
        read: |incident| Cell::List(incident.product_names.clone()),
    },
    Field {
        path: "properties/additionalData/tactics",
        kind: Kind::List,
        read: |incident| Cell::List(incident.tactics.clone()),
    },
    Field {
        path: "properties/relatedAnalyticRuleIds",
        kind: Kind::List,
        read: |incident| Cell::List(incident.rule_ids.clone()),
    },
    Field {
        path: "properties/labels",
        kind: Kind::List,
        read: |incident| Cell::List(incident.labels.iter().map(|label| label.name.clone()).collect()),
    },
];

/// The service finds no incident by `Undetermined` (Azure/azure-rest-api-specs issue 27165).
fn classification(incident: &Incident) -> Cell {
    match incident.state.closing().map(|closing| closing.classification) {
        None | Some(Classification::Undetermined) => Cell::Missing,
        Some(classification) => Cell::Text(classification.as_str().into()),
    }
}

fn classification_reason(incident: &Incident) -> Cell {
    let reason = incident.state.closing().and_then(|closing| closing.reason);
    reason.map_or(Cell::Missing, |reason| Cell::Text(reason.as_str().into()))
}

fn optional(text: &Option<String>) -> Cell {
    text.clone().map_or(Cell::Missing, Cell::Text)
}

pub(super) const CREATED: &str = "properties/createdTimeUtc";
pub(super) const MODIFIED: &str = "properties/lastModifiedTimeUtc";
