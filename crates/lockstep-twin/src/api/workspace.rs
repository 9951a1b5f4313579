//! The workspace as a resource, its tables, and the solution that makes it Sentinel's.
//!
//! Shapes: Microsoft.OperationalInsights 2023-09-01 and 2022-10-01 (tables) of the vendor's specifications; the solution
//! as <https://learn.microsoft.com/azure/templates/microsoft.operationsmanagement/solutions> gives it.

use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Answer, Refusal, Reply};
use crate::estate::Workspace;

/// The resources of a subscription or of a group: the workspaces, and Sentinel's solution in each. `$filter` takes
/// `resourceType eq '...'`, `name eq '...'` and `resourceGroup eq '...'`, joined by `and`.
pub(super) fn resources(call: &Call) -> Answer {
    let clause = |clause: &str| {
        let mut words = clause.trim().splitn(3, ' ');
        let (name, operator, value) = (words.next()?, words.next()?, words.next()?);
        let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        let known = ["resourceType", "name", "resourceGroup"].iter().find(|known| known.eq_ignore_ascii_case(name))?;
        operator.eq_ignore_ascii_case("eq").then(|| (*known, value.to_owned()))
    };
    let filter = call.query.one("$filter").unwrap_or_default();
    let clauses = filter.split(" and ").filter(|clause| !clause.trim().is_empty());
    let clauses: Vec<(&str, String)> = clauses.map(clause).collect::<Option<_>>().ok_or_else(|| {
        let message =
            format!("The filter '{filter}' is not supported: write resourceType, name or resourceGroup eq '...'.");
        Refusal::arm(StatusCode::BAD_REQUEST, "InvalidFilterInQueryString", message)
    })?;
    let mut shown = Vec::new();
    for workspace in here(call) {
        let solution = solution_name(&workspace);
        let own =
            [(WORKSPACES, &workspace.name, workspace.resource_id()), (SOLUTIONS, &solution, solution_id(&workspace))];
        for (kind, name, id) in own {
            let fits = clauses.iter().all(|(member, value)| match *member {
                "resourceType" => kind.eq_ignore_ascii_case(value),
                "name" => name.eq_ignore_ascii_case(value),
                _ => workspace.resource_group.eq_ignore_ascii_case(value),
            });
            if fits {
                shown.push(json!({"id": id, "name": name, "type": kind, "location": workspace.location}));
            }
        }
    }
    Ok(Reply::ok(json!({"value": shown})))
}

/// The workspaces of a subscription, or of one of its resource groups.
pub(super) fn list(call: &Call) -> Answer {
    Ok(Reply::ok(json!({"value": here(call).iter().map(workspace_of).collect::<Vec<_>>()})))
}

/// One workspace.
pub(super) fn get(call: &Call) -> Answer {
    Ok(Reply::ok(workspace_of(&call.twin.world().sentinels[call.place].workspace)))
}

/// The workspaces where the path leads.
fn here(call: &Call) -> Vec<Workspace> {
    let mut all = call.twin.estate().workspaces();
    all.retain(|one| {
        one.subscription_id.eq_ignore_ascii_case(call.param("subscription"))
            && call.params.get("group").is_none_or(|group| group.eq_ignore_ascii_case(&one.resource_group))
    });
    all
}

fn workspace_of(workspace: &Workspace) -> Value {
    json!({
        "properties": {
            "customerId": workspace.id,
            "provisioningState": "Succeeded",
            "sku": {"name": "PerGB2018", "lastSkuUpdate": CREATED},
            "retentionInDays": 90,
            "features": {"legacy": 0, "searchVersion": 1, "enableLogAccessUsingOnlyResourcePermissions": true},
            "workspaceCapping": {"dailyQuotaGb": -1.0, "quotaNextResetTime": CREATED, "dataIngestionStatus": "RespectQuota"},
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            "createdDate": CREATED,
            "modifiedDate": CREATED,
        },
        "location": workspace.location,
        "id": workspace.resource_id(),
        "name": workspace.name,
        "type": WORKSPACES,
        "etag": "\"1a00a4c1-0000-0d00-0000-65a0f0000000\"",
    })
}

/// The tables, each with its columns.
pub(super) fn tables(call: &Call) -> Answer {
    let tables = call.twin.world().tables(call.place);
    let shown: Vec<Value> = tables.names().filter_map(|name| Some(table_of(call, name, tables.table(name)?))).collect();
    Ok(Reply::ok(json!({"value": shown})))
}

/// One table.
pub(super) fn table(call: &Call) -> Answer {
    let (tables, wanted) = (call.twin.world().tables(call.place), call.param("table"));
    let found = tables.names().find(|name| name.eq_ignore_ascii_case(wanted));
    let shown = found.and_then(|name| Some(table_of(call, name, tables.table(name)?)));
    shown.map(Reply::ok).ok_or_else(|| {
        let message = format!("The table '{wanted}' was not found in the workspace.");
        Refusal::arm(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    })
}

fn table_of(call: &Call, name: &str, table: &kql::Table) -> Value {
    let mut columns = kql::wire::columns(table);
    for column in columns.as_array_mut().into_iter().flatten() {
        let kind = match column["type"].as_str() {
            Some("bool") => "boolean",
            Some("datetime") => "dateTime",
            _ => continue,
        };
        column["type"] = kind.into();
    }
    json!({
        "properties": {
            "schema": {
                "name": name,
                "tableType": "Microsoft",
                "tableSubType": "Any",
                "columns": [],
                "standardColumns": columns,
                "solutions": [if name == "AzureActivity" { "LogManagement" } else { "SecurityInsights" }],
            },
            "plan": "Analytics",
            "retentionInDays": 90,
            "totalRetentionInDays": 90,
            "archiveRetentionInDays": 0,
            "retentionInDaysAsDefault": true,
            "totalRetentionInDaysAsDefault": true,
            "provisioningState": "Succeeded",
        },
        "id": format!("{}/tables/{name}", call.twin.world().sentinels[call.place].workspace.resource_id()),
        "name": name,
        "type": "Microsoft.OperationalInsights/workspaces/tables",
    })
}

/// The solution that makes the workspace Sentinel's: clients tell by it which workspaces those are.
pub(super) fn solution(call: &Call) -> Answer {
    let wanted = call.param("solution");
    let found = here(call).into_iter().find(|workspace| solution_name(workspace).eq_ignore_ascii_case(wanted));
    let workspace = found.ok_or_else(|| {
        let message = format!("The Resource '{SOLUTIONS}/{wanted}' was not found.");
        Refusal::arm(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    })?;
    Ok(Reply::ok(json!({
        "id": solution_id(&workspace),
        "name": solution_name(&workspace),
        "type": SOLUTIONS,
        "location": workspace.location,
        "plan": {
            "name": solution_name(&workspace),
            "publisher": "Microsoft",
            "product": "OMSGallery/SecurityInsights",
            "promotionCode": "",
        },
        "properties": {
            "workspaceResourceId": workspace.resource_id(),
            "provisioningState": "Succeeded",
            "creationTime": CREATED,
            "lastModifiedTime": CREATED,
            "containedResources": [],
            "referencedResources": [],
        },
    })))
}

fn solution_name(workspace: &Workspace) -> String {
    format!("SecurityInsights({})", workspace.name)
}

fn solution_id(workspace: &Workspace) -> String {
    let Workspace { subscription_id, resource_group, .. } = workspace;
    format!(
        "/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/{SOLUTIONS}/{}",
        solution_name(workspace)
    )
}

const WORKSPACES: &str = "Microsoft.OperationalInsights/workspaces";
const SOLUTIONS: &str = "Microsoft.OperationsManagement/solutions";
const CREATED: &str = "2024-01-12T08:00:00.0000000Z";
