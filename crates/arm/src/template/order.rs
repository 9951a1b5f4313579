//! An order in which no resource comes before one that it waits for, as near to the template's as that allows.

use std::collections::BTreeSet;

use super::plan::Resource;
use crate::error::Error;

/// The places of the resources, in order.
pub(super) fn of(resources: &[Resource]) -> Result<Vec<usize>, Error> {
    let mut waiting: Vec<usize> = resources.iter().map(|resource| resource.depends_on.len()).collect();
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); resources.len()];
    for (place, resource) in resources.iter().enumerate() {
        for before in &resource.depends_on {
            behind[*before].push(place);
        }
    }
    let mut ready: BTreeSet<usize> = (0..resources.len()).filter(|place| waiting[*place] == 0).collect();
    let mut order = Vec::with_capacity(resources.len());
    while let Some(place) = ready.pop_first() {
        order.push(place);
        for next in &behind[place] {
            waiting[*next] -= 1;
            if waiting[*next] == 0 {
                ready.insert(*next);
            }
        }
    }
    match in_a_circle(resources, &waiting) {
        None => Ok(order),
        Some(resource) => Err(Error::invalid(
            format!(
                "Circular dependency detected on resource: '{}'. Please see https://aka.ms/arm-template/#resources for usage details.",
                resource.id
            ),
            &resource.path,
        )),
    }
}

/// A resource that waits for itself by way of others, where some still wait. Whoever goes from one that waits to one that it waits
/// for, as often as there are resources, has come into a circle.
fn in_a_circle<'r>(resources: &'r [Resource], waiting: &[usize]) -> Option<&'r Resource> {
    let mut place = waiting.iter().position(|waiting| *waiting > 0)?;
    for _ in 0..resources.len() {
        place = *resources[place].depends_on.iter().find(|before| waiting[**before] > 0)?;
    }
    Some(&resources[place])
}
