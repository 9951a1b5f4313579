//! How many incidents the article's query would return if no row were late.
//!
//! Counted from the state of the world, not by a query: it is the measure that a tool's work is held against, so it must
//! not share a path with what the tool reads. Deleted incidents count, for their rows stay in the table.

use std::collections::HashSet;

use time::{Duration, OffsetDateTime};

use super::incident::Incident;
use super::words::{IncidentStatus, SentinelStatus};
use super::{Sentinel, World};

impl World {
    /// Incidents that the article's query, asked in every workspace, would return now if every row had arrived.
    pub fn to_do(&self) -> usize {
        let since = self.now() - WINDOW;
        let here = |(place, one): (usize, &Sentinel)| {
            let known = one.incidents.iter().chain(&one.deleted);
            known.filter(|incident| self.is_to_do(place, incident, since)).count()
        };
        self.sentinels.iter().enumerate().map(here).sum()
    }

    fn is_to_do(&self, place: usize, incident: &Incident, since: OffsetDateTime) -> bool {
        let status = incident.state.status();
        if incident.last_row <= since
            || status == IncidentStatus::Closed
            || !incident.product_names.iter().any(|name| names_product(name))
        {
            return false;
        }
        let written =
            incident.alert_ids.iter().filter_map(|id| self.alerts.by_system_id(id)?.copy(place)?.in_the_end());
        let alerts: HashSet<SentinelStatus> = written.collect();
        let open =
            alerts.contains(&SentinelStatus::New) || (alerts.contains(&SentinelStatus::InProgress) && alerts.len() > 1);
        let already_active = status == IncidentStatus::Active && alerts.contains(&SentinelStatus::InProgress);
        !alerts.is_empty() && !open && !already_active
    }
}

/// Whether the query's `has` finds the product's name: a whole term, so the name may go on after a space.
fn names_product(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let wanted = super::DEFENDER_FOR_CLOUD.to_ascii_lowercase();
    name.match_indices(&wanted).any(|(at, found)| {
        let before = name[..at].chars().next_back();
        let after = name[at + found.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

const WINDOW: Duration = Duration::days(30);
