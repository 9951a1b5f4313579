//! Merging of incidents, as Microsoft Defender XDR does it.
//!
//! Evidence: <https://learn.microsoft.com/unified-secops-platform/alerts-incidents-correlation>. All alerts are transferred,
//! comments are not; the other incident is closed and tagged; incidents are left apart where one is closed, or where their
//! owners differ. How the closed one is classified, and that alerts beyond the limit stay away, is assumed.

use super::acts::Refused;
use super::incident::{Actor, Closing, IncidentState, Label};
use super::parts::ALERTS_PER_INCIDENT;
use super::words::Classification;
use super::{Event, Subject, World};

impl World {
    /// Microsoft Defender XDR merges an incident into another of the same workspace.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for an unknown name, [`Refused::Unfit`] where the service would leave them apart.
    pub fn merge_incidents(&mut self, from: &str, into: &str) -> Result<(), Refused> {
        if !self.in_defender() {
            return Err(Refused::Unfit("incidents merge in the Defender portal only"));
        }
        let from = self.key(from).ok_or(Refused::NotFound)?;
        let into = self.key_in(from.place, into).ok_or(Refused::NotFound)?;
        let (Some(source), Some(target)) = (self.keyed(from).cloned(), self.keyed(into).cloned()) else {
            return Err(Refused::NotFound);
        };
        if from == into {
            return Err(Refused::Unfit("an incident does not merge into itself"));
        }
        if source.state.closing().is_some() || target.state.closing().is_some() {
            return Err(Refused::Unfit("one of the incidents is closed"));
        }
        if source.owner != target.owner {
            return Err(Refused::Unfit("the incidents have different owners"));
        }
        let by = Actor::service(XDR);
        let moved: Vec<_> = source.alert_ids.iter().filter_map(|id| self.alerts.by_system_id(id).cloned()).collect();
        self.touch(into, &by, |incident| {
            for alert in &moved {
                if incident.alert_ids.len() < ALERTS_PER_INCIDENT {
                    incident.take_in(alert);
                }
                incident.severity = incident.severity.worse(alert.severity);
            }
        });
        let at = self.touch(from, &by, |incident| {
            incident.alert_ids.clear();
            incident.named_relations.clear();
            incident.labels.push(Label { name: REDIRECTED.into(), auto: true });
            incident.merged_into = Some((into.number, target.name.clone()));
            let classification = Classification::Undetermined;
            incident.state = IncidentState::Closed(Closing { classification, reason: None, comment: None });
        });
        self.happened(Event::IncidentClosed, Subject::Incident(from), at);
        self.automate();
        Ok(())
    }
}

/// Who merges.
pub(super) const XDR: &str = "Microsoft Defender XDR";
/// The tag of an incident that was merged into another.
const REDIRECTED: &str = "Redirected";
