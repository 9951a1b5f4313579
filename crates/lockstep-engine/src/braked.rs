//! Entering what a brake holds, so that it stays on until somebody has released it.

use std::collections::BTreeMap;

use lockstep_core::{BrakeLimit, BrakeScope, Item, Reason, Trip, Waiting};
use lockstep_ledger::{Braked, Error, Event, History};

use crate::engine::Engine;
use crate::observe::Observation;

/// Enters what the brake holds in `observation` and did not hold before, and names it there by the numbers of the brakes.
pub(crate) async fn enter_braked(engine: &Engine, observation: &mut Observation) -> Result<(), Error> {
    enter_held(engine, &observation.waiting).await?;
    let history = engine.ledger.history();
    for left in &mut observation.plan.left {
        if let Reason::Braked(trip) = &mut left.reason {
            *trip = named(trip, &history);
        }
    }
    observation.brakes = history.brakes().cloned().collect();
    Ok(())
}

/// Enters those of the changes that wait which no brake held before.
pub(crate) async fn enter_held(engine: &Engine, waiting: &[Waiting]) -> Result<(), Error> {
    for braked in newly_held(waiting, &engine.ledger.history()) {
        engine.ledger.append(engine.clock.now(), Event::Braked(braked)).await?;
    }
    Ok(())
}

/// The trip under the number of the brake that is on.
pub(crate) fn named(trip: &Trip, history: &History) -> Trip {
    let brake = history.brakes().find(|brake| brake.scope == trip.scope);
    let limit = brake.map_or_else(|| trip.limit.clone(), |brake| BrakeLimit::On(brake.number()));
    Trip { scope: trip.scope.clone(), limit }
}

/// What each brake holds now and does not hold in the ledger.
fn newly_held(waiting: &[Waiting], history: &History) -> Vec<Braked> {
    let mut held: BTreeMap<&BrakeScope, (&BrakeLimit, Vec<Item>)> = BTreeMap::new();
    for waiting in waiting {
        for Trip { scope, limit } in &waiting.trips {
            held.entry(scope).or_insert_with(|| (limit, Vec::new())).1.push(waiting.item.clone());
        }
    }
    let newly = held.into_iter().map(|(scope, (limit, mut items))| {
        let before = history.brakes().find(|brake| brake.scope == *scope);
        items.retain(|item| before.is_none_or(|brake| !brake.holds(item)));
        Braked { scope: scope.clone(), limit: before.map_or_else(|| limit.to_string(), |it| it.limit.clone()), items }
    });
    newly.filter(|braked| !braked.items.is_empty()).collect()
}
