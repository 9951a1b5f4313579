//! Queries that span workspaces: those that the request names, and those that the query's text names by `workspace("...")`.

use http::StatusCode;
use kql::Database;

use super::may_ask;
use crate::api::call::Call;
use crate::api::reply::Refusal;
use crate::world::{Sentinel, World};

/// The place of a further workspace of a query, by its id, name, qualified name or ARM id.
pub(super) fn called(call: &Call, name: &str) -> Result<usize, Refusal> {
    let is_called = |sentinel: &Sentinel| names(sentinel).iter().any(|known| known.eq_ignore_ascii_case(name));
    if let Some(place) = call.twin.world().sentinels.iter().position(is_called) {
        return Ok(place);
    }
    let message = format!("Failed to resolve resource '{name}'.");
    Err(Refusal::logs(StatusCode::BAD_REQUEST, "FailedToResolveResource", &message, call.correlation))
}

/// What a workspace is called in queries.
fn names(sentinel: &Sentinel) -> [String; 4] {
    let one = &sentinel.workspace;
    let qualified = format!("{}/{}/{}", one.subscription_id, one.resource_group, one.name);
    [one.id.clone(), one.name.clone(), qualified, one.resource_id()]
}

/// The tables of several workspaces, each with the rows of all of them.
pub(super) fn together(world: &mut World, places: &[usize]) -> Database {
    let mut all = Database::new();
    for place in places {
        let tables = world.tables(*place);
        for name in tables.names() {
            match (all.table_mut(name), tables.table(name)) {
                (Some(known), Some(more)) => known.append(more.clone()),
                (None, Some(first)) => all.insert(name, first.clone()),
                (_, None) => {}
            }
        }
    }
    all
}

/// The workspaces that the query's text may name, each with what it is called and its tables; those alone that the caller may
/// query, so that the others cannot be resolved (assumed).
pub(super) fn within_reach(call: &Call, query: &str) -> Vec<([String; 4], Database)> {
    if !query.contains("workspace") {
        return Vec::new();
    }
    let places = 0..call.twin.world().sentinels.len();
    let within = places.filter(|place| may_ask(call, *place).is_ok());
    within
        .map(|place| {
            let mut world = call.twin.world();
            (names(&world.sentinels[place]), world.tables(place))
        })
        .collect()
}

/// Lets queries over `tables` name the tables of other workspaces too.
pub(super) fn reach(tables: &mut Database, others: &[([String; 4], Database)]) {
    for (names, own) in others {
        for table in own.names() {
            for name in names {
                own.table(table).into_iter().for_each(|rows| tables.insert_of(name, table, rows.clone()));
            }
        }
    }
}
