//! What people do to alerts and incidents. What the cloud makes of it by itself is in `plays`.

use std::time::Duration;

use time::OffsetDateTime;

use super::alert::{Alert, IN_DEFENDER, NewAlert};
use super::incident::{Actor, Closing, Incident, IncidentState, Label, Owner};
use super::words::{AlertStatus, Severity};
use super::{Act, Event, FIRST, Happened, IncidentKey, Sentinel, Subject, World};
use crate::rules;

/// What a raised alert is called, on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRef {
    /// The alert's ARM id.
    pub alert_id: String,
    /// The alert's ARM name; `VendorOriginalId` in the table.
    pub alert_name: String,
    /// Sentinel's GUID for it.
    pub system_alert_id: String,
    /// The incident that was made for it; `None` where the creation rule or the connector is off.
    pub incident_name: Option<String>,
}

/// All that can be written of an incident at once: what is not in it is cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentWrite {
    /// What people read.
    pub title: String,
    /// A few sentences.
    pub description: String,
    /// How bad.
    pub severity: Severity,
    /// Where it stands.
    pub state: IncidentState,
    /// Who works on it.
    pub owner: Owner,
    /// Its labels, by name.
    pub labels: Vec<String>,
    /// When the oldest of its alerts began.
    pub first_activity: Option<OffsetDateTime>,
    /// When the newest of its alerts ended.
    pub last_activity: Option<OffsetDateTime>,
}

impl IncidentWrite {
    /// A write that changes nothing of `incident`, to start from.
    pub fn same(incident: &Incident) -> Self {
        Self {
            title: incident.title.clone(),
            description: incident.description.clone(),
            severity: incident.severity,
            state: incident.state.clone(),
            owner: incident.owner.clone(),
            labels: incident.labels.iter().map(|label| label.name.clone()).collect(),
            first_activity: incident.first_activity,
            last_activity: incident.last_activity,
        }
    }
}

/// Why an act did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is nothing of that name.
    #[error("there is nothing of that name")]
    NotFound,
    /// Somebody wrote it since the etag was read.
    #[error("a newer version exists")]
    Stale,
    /// A limit of the service would be passed.
    #[error("a limit of the service would be passed: {0}")]
    Limit(&'static str),
    /// The service does not do so as things stand.
    #[error("the service does not do so: {0}")]
    Unfit(&'static str),
}

impl World {
    /// Defender for Cloud raises an alert, and the cloud follows.
    pub fn raise_alert(&mut self, new: NewAlert) -> AlertRef {
        let at = self.stamp();
        self.raised += 1;
        let mut alert = Alert::raise(new, self.raised, at, &self.estate);
        if self.in_defender() && alert.is_defender_for_cloud() {
            alert.product_name = IN_DEFENDER.into();
        }
        let (alert_name, system_alert_id) = (alert.name.clone(), alert.system_alert_id.clone());
        let alert_id = alert.id();
        let subject = Subject::Alert(self.alerts.push(alert));
        self.happened(Event::AlertRaised, subject, at);
        self.automate();
        let made = self.incidents_with(&system_alert_id).first().copied();
        let incident_name = made.and_then(|key| self.keyed(key)).map(|made| made.name.clone());
        AlertRef { alert_id, alert_name, system_alert_id, incident_name }
    }

    /// The subscription's owner sets an alert's status in Defender for Cloud.
    ///
    /// Setting the status it has is no change (assumed).
    ///
    /// # Errors
    /// [`Refused::NotFound`] for a name that Defender for Cloud does not know.
    pub fn set_alert_status(&mut self, alert_name: &str, status: AlertStatus) -> Result<(), Refused> {
        self.set_alert_status_by(alert_name, status, &Actor::person(OWNER))
    }

    /// Somebody sets an alert's status in Defender for Cloud, and the activity log tells of it.
    ///
    /// An alert of another product is set in that product, and the activity log tells nothing.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for an unknown name.
    pub fn set_alert_status_by(&mut self, alert_name: &str, status: AlertStatus, by: &Actor) -> Result<(), Refused> {
        let position = self.alerts.named(alert_name).ok_or(Refused::NotFound)?;
        self.change_alert(position, status);
        if !self.alerts.at(position).is_defender_for_cloud() {
            return Ok(());
        }
        let resource_id = self.alerts.at(position).id();
        self.log_alert_act(by, status, &resource_id);
        Ok(())
    }

    pub(super) fn log_alert_act(&mut self, by: &Actor, status: AlertStatus, resource_id: &str) {
        let action = status.action();
        self.log_activity(&Act { by, action, resource_id, method: "POST", refused: None, correlation: None });
    }

    /// An alert's status is set; who did it is told elsewhere.
    pub(crate) fn turn_alert(&mut self, alert_name: &str, status: AlertStatus) -> Result<(), Refused> {
        let found = self.alerts.named(alert_name).filter(|at| self.keeps(self.alerts.at(*at)));
        let position = found.ok_or(Refused::NotFound)?;
        self.change_alert(position, status);
        Ok(())
    }

    pub(super) fn change_alert(&mut self, position: usize, status: AlertStatus) {
        if self.alerts.at(position).status == status {
            return;
        }
        let at = self.stamp();
        self.alerts.at_mut(position).status = status;
        self.happened(Event::AlertChanged, Subject::Alert(position), at);
    }

    /// Somebody writes an incident, whole; answers whether it is new. A new one is made in the first workspace.
    ///
    /// With an etag the write happens only if nobody wrote since; without one the last writer wins.
    ///
    /// # Errors
    /// [`Refused::Stale`] where the etag is not the incident's, also where the incident does not exist any more.
    pub fn write_incident(
        &mut self,
        name: &str,
        write: IncidentWrite,
        etag: Option<&str>,
        by: &Actor,
    ) -> Result<bool, Refused> {
        let place = self.key(name).map_or(FIRST, |key| key.place);
        self.write_incident_in(place, name, write, etag, by)
    }

    /// Somebody writes an incident of one workspace, as [`Self::write_incident`] does.
    pub(crate) fn write_incident_in(
        &mut self,
        place: usize,
        name: &str,
        write: IncidentWrite,
        etag: Option<&str>,
        by: &Actor,
    ) -> Result<bool, Refused> {
        let Some(key) = self.key_in(place, name) else {
            return if etag.is_some() { Err(Refused::Stale) } else { Ok(self.create_incident(place, name, write, by)) };
        };
        if etag.is_some_and(|etag| self.keyed(key).is_none_or(|incident| incident.etag() != etag)) {
            return Err(Refused::Stale);
        }
        let before = self.keyed(key).map(|incident| incident.state.status());
        let after = write.state.status();
        let at = self.touch(key, by, |incident| incident.overwrite(write));
        if before != Some(after) {
            match after {
                super::IncidentStatus::New => {}
                super::IncidentStatus::Active => self.happened(Event::IncidentActivated, Subject::Incident(key), at),
                super::IncidentStatus::Closed => self.happened(Event::IncidentClosed, Subject::Incident(key), at),
            }
        }
        self.automate();
        Ok(false)
    }

    /// An analyst sets an incident active.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for an unknown name.
    pub fn activate_incident(&mut self, name: &str, by: &Actor) -> Result<(), Refused> {
        self.set_incident_state(name, IncidentState::Active, by)
    }

    /// An analyst closes an incident.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for an unknown name.
    pub fn close_incident(&mut self, name: &str, closing: Closing, by: &Actor) -> Result<(), Refused> {
        self.set_incident_state(name, IncidentState::Closed(closing), by)
    }

    /// An analyst sets where an incident stands and leaves the rest of it.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for an unknown name.
    pub fn set_incident_state(&mut self, name: &str, state: IncidentState, by: &Actor) -> Result<(), Refused> {
        let incident = self.incident(name).ok_or(Refused::NotFound)?;
        let write = IncidentWrite { state, ..IncidentWrite::same(incident) };
        self.write_incident(name, write, None, by).map(|_| ())
    }

    /// Somebody deletes an incident; answers whether there was one. Its rows stay.
    pub fn delete_incident(&mut self, name: &str) -> bool {
        self.key(name).is_some_and(|key| self.delete_incident_in(key.place, name))
    }

    /// Somebody deletes an incident of one workspace, as [`Self::delete_incident`] does.
    pub(crate) fn delete_incident_in(&mut self, place: usize, name: &str) -> bool {
        let Some(key) = self.key_in(place, name) else { return false };
        let sentinel = &mut self.sentinels[place];
        let removed = sentinel.incidents.remove(key.number);
        sentinel.deleted.extend(removed);
        true
    }

    /// Writes an incident: new version, new time, then the rules for a change.
    pub(super) fn touch(&mut self, key: IncidentKey, by: &Actor, change: impl FnOnce(&mut Incident)) -> OffsetDateTime {
        let at = self.stamp();
        let told = self.change_of(key, by);
        let version = self.next_version();
        self.sentinels[key.place].incidents.change(key.number, |incident| {
            let was_closed = incident.state.closing().is_some();
            change(incident);
            if !was_closed && incident.state.closing().is_some() {
                incident.closed = Some(at);
            }
            incident.version = version;
            // No two versions of it are of one moment, however fast a rule answers.
            incident.modified = at.max(incident.modified + Duration::from_millis(1));
            incident.first_modified.get_or_insert(at);
            incident.modified_by = by.modified_by().into();
        });
        let (event, subject) = (Event::IncidentChanged, Subject::Incident(key));
        rules::play(self, &Happened { event, subject, at, change: told });
        at
    }

    /// Takes in alerts that are there already, and follow no rule.
    pub(crate) fn take_alerts(&mut self, alerts: impl ExactSizeIterator<Item = Alert>) {
        self.alerts.reserve(alerts.len());
        alerts.for_each(|alert| _ = self.alerts.push(alert));
    }

    /// Takes in an incident of the first workspace that is there already, and follows no rule.
    pub(crate) fn take_incident(&mut self, mut incident: Incident) {
        incident.version = self.next_version();
        let incidents = &mut self.sentinels[FIRST].incidents;
        incidents.remove(incident.number);
        incidents.insert(incident);
    }

    fn create_incident(&mut self, place: usize, name: &str, write: IncidentWrite, by: &Actor) -> bool {
        let at = self.stamp();
        let number = self.sentinels[place].incidents.next_number();
        let version = self.next_version();
        let mut incident = Incident::new(name, number, version, at, by.modified_by());
        incident.closed = write.state.closing().map(|_| at);
        incident.overwrite(write);
        incident.in_xdr = self.in_defender();
        self.sentinels[place].incidents.insert(incident);
        self.happened(Event::IncidentCreated, Subject::Incident(IncidentKey { place, number }), at);
        self.automate();
        true
    }

    /// The incidents that hold an alert, workspace by workspace.
    pub(super) fn incidents_with(&self, system_alert_id: &str) -> Vec<IncidentKey> {
        let here = |(place, one): (usize, &Sentinel)| {
            one.incidents.with_alert(system_alert_id).into_iter().map(move |number| IncidentKey { place, number })
        };
        self.sentinels.iter().enumerate().flat_map(here).collect()
    }
}

impl Incident {
    /// An empty new incident.
    pub(crate) fn new(name: &str, number: u32, version: u64, at: OffsetDateTime, by: &str) -> Self {
        Self {
            name: name.into(),
            number,
            version,
            title: String::new(),
            description: String::new(),
            severity: Severity::Medium,
            state: IncidentState::New,
            owner: Owner::default(),
            labels: Vec::new(),
            first_activity: None,
            last_activity: None,
            created: at,
            modified: at,
            first_modified: None,
            closed: None,
            modified_by: by.into(),
            alert_ids: Vec::new(),
            named_relations: Vec::new(),
            product_names: Vec::new(),
            tactics: Vec::new(),
            techniques: Vec::new(),
            rule_ids: Vec::new(),
            bookmarks: Vec::new(),
            comments: Vec::new(),
            tasks: Vec::new(),
            other_comments: 0,
            last_row: at,
            in_xdr: false,
            xdr_number: None,
            merged_into: None,
        }
    }

    fn overwrite(&mut self, write: IncidentWrite) {
        let auto = |name: &str| self.labels.iter().any(|label| label.auto && label.name == name);
        let labels = write.labels.into_iter().map(|name| Label { auto: auto(&name), name }).collect();
        self.labels = labels;
        self.title = write.title;
        self.description = write.description;
        self.severity = write.severity;
        self.state = write.state;
        self.owner = write.owner;
        self.first_activity = write.first_activity;
        self.last_activity = write.last_activity;
    }

    /// Becomes the incident of `alert`, as the creation rule makes it.
    pub(super) fn take_over(&mut self, alert: &Alert) {
        self.title = alert.display_name.clone();
        self.description = alert.description.clone();
        self.severity = alert.severity;
        self.first_activity = Some(alert.start);
        self.last_activity = Some(alert.end);
        self.take_in(alert);
    }

    /// Adds what the incident says about its alerts.
    pub(super) fn take_in(&mut self, alert: &Alert) {
        add(&mut self.alert_ids, &alert.system_alert_id);
        add(&mut self.product_names, &alert.product_name);
        for tactic in alert.intent.split(',').map(str::trim).filter(|tactic| !tactic.is_empty()) {
            add(&mut self.tactics, tactic);
        }
        for technique in &alert.techniques {
            add(&mut self.techniques, technique);
        }
    }
}

fn add(list: &mut Vec<String>, item: &str) {
    if !list.iter().any(|known| known.eq_ignore_ascii_case(item)) {
        list.push(item.into());
    }
}

/// Who owns the subscription, where nobody is named.
const OWNER: &str = "owner@contoso.com";
