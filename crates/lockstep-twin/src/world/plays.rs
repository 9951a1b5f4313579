//! What the cloud does by itself: the plays of the [rules](crate::rules), and nothing that people do.

use super::incident::{Actor, Incident};
use super::merging::XDR;
use super::parts::ALERTS_PER_INCIDENT;
use super::words::AlertStatus;
use super::{Event, FinishedAlert, Happened, IncidentKey, Sentinel, Subject, World};

impl World {
    pub(crate) fn leave(&mut self, _: &Happened) {}

    pub(crate) fn alert_row(&mut self, happened: &Happened) {
        let Subject::Alert(position) = happened.subject else { return };
        for place in self.receivers(position) {
            self.write_alert_row(place, position, happened.at);
        }
    }

    pub(crate) fn incident_row(&mut self, happened: &Happened) {
        let Subject::Incident(key) = happened.subject else { return };
        self.write_incident_row(key, happened.at);
    }

    pub(crate) fn create_incident_for_alert(&mut self, happened: &Happened) {
        let Subject::Alert(position) = happened.subject else { return };
        for place in self.receivers(position) {
            if self.join(place, position) {
                continue;
            }
            let Some(rule) = self.rule_that_makes_incident(place, self.alerts.at(position)) else { continue };
            let version = self.next_version();
            let Sentinel { workspace, incidents, .. } = &mut self.sentinels[place];
            let number = incidents.next_number();
            let name = workspace.stable_guid(&format!("incident/{number}")).to_string();
            let mut incident = Incident::new(&name, number, version, happened.at, "Incident created from alert");
            incident.take_over(self.alerts.at(position));
            incident.rule_ids.push(workspace.sentinel("alertRules", &rule));
            incidents.insert(incident);
            self.happened(Event::IncidentCreated, Subject::Incident(IncidentKey { place, number }), happened.at);
        }
    }

    /// The play of a rule: a suppression rule dismisses a new alert, and nobody is told to have done it.
    pub(crate) fn suppress(&mut self, happened: &Happened) {
        let Subject::Alert(position) = happened.subject else { return };
        let alert = self.alerts.at(position);
        if alert.is_defender_for_cloud() && self.suppresses(alert) {
            self.change_alert(position, AlertStatus::Dismissed);
        }
    }

    /// The play of a rule: XDR makes the incident, whatever Sentinel's rules say.
    pub(crate) fn create_incident_in_defender(&mut self, happened: &Happened) {
        let Subject::Alert(position) = happened.subject else { return };
        if !self.in_defender() {
            return;
        }
        for place in self.receivers(position) {
            if self.join(place, position) {
                continue;
            }
            let version = self.next_version();
            let Sentinel { workspace, incidents, .. } = &mut self.sentinels[place];
            let number = incidents.next_number();
            let name = workspace.stable_guid(&format!("incident/{number}")).to_string();
            let mut incident = Incident::new(&name, number, version, happened.at, XDR);
            incident.take_over(self.alerts.at(position));
            incident.in_xdr = true;
            incident.xdr_number = Some(number + FIRST_XDR_NUMBER);
            incidents.insert(incident);
            self.happened(Event::IncidentCreated, Subject::Incident(IncidentKey { place, number }), happened.at);
        }
    }

    /// Puts a new alert into the incident that it names, if that is open and has room.
    fn join(&mut self, place: usize, position: usize) -> bool {
        let alert = self.alerts.at(position).clone();
        let Some(key) = alert.joins.as_ref().and_then(|name| self.key_in(place, name)) else { return false };
        let fits = self.keyed(key).is_some_and(|incident| {
            incident.state.closing().is_none() && incident.alert_ids.len() < ALERTS_PER_INCIDENT
        });
        if fits {
            let by = Actor::service(if self.in_defender() { XDR } else { GROUPING });
            let raises = self.in_defender();
            self.touch(key, &by, |incident| {
                incident.take_in(&alert);
                let first = incident.first_activity.map_or(alert.start, |first| first.min(alert.start));
                incident.first_activity = Some(first);
                incident.last_activity = incident.last_activity.max(Some(alert.end));
                if raises {
                    incident.severity = incident.severity.worse(alert.severity);
                }
            });
        }
        fits
    }

    /// The play of a rule: in the Defender portal, closing an incident resolves its alerts that are not finished.
    pub(crate) fn resolve_alerts_in_defender(&mut self, happened: &Happened) {
        if !self.in_defender() {
            return;
        }
        for position in self.alerts_of(happened) {
            let alert = self.alerts.at(position);
            if self.keeps(alert) && !alert.status.is_finished() {
                let id = alert.id();
                self.change_alert(position, AlertStatus::Resolved);
                self.log_alert_act(&Actor::service(XDR), AlertStatus::Resolved, &id);
            }
        }
    }

    pub(crate) fn resolve_alerts_of_closed_incident(&mut self, happened: &Happened) {
        let Subject::Incident(IncidentKey { place, .. }) = happened.subject else { return };
        if self.in_defender() {
            return;
        }
        for position in self.alerts_of(happened) {
            let alert = self.alerts.at(position);
            let synced =
                self.keeps(alert) && self.syncs(&alert.subscription_id) && self.receivers(position).contains(&place);
            let stays = alert.status.is_finished() && self.settings.finished_alert == FinishedAlert::Stays;
            if synced && !stays {
                let id = alert.id();
                self.change_alert(position, AlertStatus::Resolved);
                self.log_alert_act(&Actor::sentinel(), AlertStatus::Resolved, &id);
            }
        }
    }

    pub(crate) fn alert_rows_of_changed_incident(&mut self, happened: &Happened) {
        if !self.settings.alert_row_on_incident_change {
            return;
        }
        let Subject::Incident(IncidentKey { place, .. }) = happened.subject else { return };
        for position in self.alerts_of(happened) {
            self.write_alert_row(place, position, happened.at);
        }
    }

    fn alerts_of(&self, happened: &Happened) -> Vec<usize> {
        let Subject::Incident(key) = happened.subject else { return Vec::new() };
        let incident = self.keyed(key);
        let ids = incident.map(|incident| incident.alert_ids.as_slice()).unwrap_or_default();
        ids.iter().filter_map(|id| self.alerts.position(id)).collect()
    }
}

/// Who puts alerts into incidents that exist already.
pub(super) const GROUPING: &str = "Alert grouping";
/// XDR numbers incidents by itself.
const FIRST_XDR_NUMBER: u32 = 4000;
