//! Automation rules: an actor of its own, that follows the making and the changing of incidents.
//!
//! Evidence: <https://learn.microsoft.com/azure/sentinel/automate-incident-handling-with-automation-rules>. Rules run one after
//! another by their order, those on creation before those on update; each sees the incident as the one before left it; an
//! incident is updated when its status, owner or severity changes, or when alerts, comments, tags or tactics are added; a rule
//! on update runs also on what a rule did. That rules of one order run by their names, and that a rule runs once at most for
//! what follows from one act, is assumed.

mod condition;
mod rule;

use std::collections::VecDeque;

pub(crate) use rule::{AutomationRule, Unread};

use super::acts::IncidentWrite;
use super::incident::{Actor, Incident, IncidentState};
use super::merging::XDR;
use super::parts::TaskWrite;
use super::words::TaskStatus;
use super::{Collection, Happened, Holder, IncidentKey, Subject, World};
use crate::world::plays::GROUPING;
use rule::{Action, Modification, Trigger};

/// What automation rules have yet to look at. It is empty whenever no act is under way.
#[derive(Debug, Default)]
pub(crate) struct Automation {
    created: VecDeque<IncidentKey>,
    updated: VecDeque<Update>,
    /// The names of the rules that led to what is being done now; `None` while no rule runs.
    chain: Option<Vec<String>>,
}

/// That an incident was changed.
#[derive(Debug)]
struct Update {
    key: IncidentKey,
    change: Change,
}

/// How an incident was before a change, and whence the change came.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(super) before: Incident,
    /// The word for it in conditions; the words are assumed.
    pub(super) source: &'static str,
    /// The rules that led to it.
    chain: Vec<String>,
}

impl World {
    /// The play of a rule: automation rules are to look at a new incident.
    pub(crate) fn await_automation_of_new(&mut self, happened: &Happened) {
        let Subject::Incident(key) = happened.subject else { return };
        self.automation.created.push_back(key);
    }

    /// The play of a rule: automation rules are to look at a changed incident.
    pub(crate) fn await_automation_of_changed(&mut self, happened: &Happened) {
        let (Subject::Incident(key), Some(change)) = (happened.subject, happened.change.clone()) else { return };
        if self.keyed(key).is_some_and(|incident| is_update(&change.before, incident)) {
            self.automation.updated.push_back(Update { key, change: *change });
        }
    }

    /// What a change by `by` is to automation rules; `None` where the workspace has none.
    pub(super) fn change_of(&self, key: IncidentKey, by: &Actor) -> Option<Box<Change>> {
        self.stored(&Holder::Workspace(key.place), Collection::AutomationRules).next()?;
        let source = match (&self.automation.chain, by.name.as_str()) {
            (Some(_), _) => "AutomationRule",
            (None, XDR) => "Microsoft365Defender",
            (None, GROUPING) => "AlertGrouping",
            (None, _) if by.user_principal_name.is_some() => "User",
            (None, _) => "Application",
        };
        let chain = self.automation.chain.clone().unwrap_or_default();
        Some(Box::new(Change { before: self.keyed(key)?.clone(), source, chain }))
    }

    /// Runs the automation rules that what happened calls for. Every act of people and of the cloud ends with it.
    pub(super) fn automate(&mut self) {
        if self.automation.chain.is_some() {
            return;
        }
        loop {
            if let Some(key) = self.automation.created.pop_front() {
                self.run_rules(key, None);
            } else if let Some(Update { key, change }) = self.automation.updated.pop_front() {
                self.run_rules(key, Some(&change));
            } else {
                return;
            }
        }
    }

    fn run_rules(&mut self, key: IncidentKey, change: Option<&Change>) {
        let trigger = if change.is_some() { Trigger::Updated } else { Trigger::Created };
        let now = self.now();
        let stored = self.stored(&Holder::Workspace(key.place), Collection::AutomationRules);
        let rules = stored.filter_map(|stored| AutomationRule::read(&stored.name, &stored.properties).ok());
        let mut rules: Vec<AutomationRule> = rules.filter(|rule| rule.is_due(trigger, now)).collect();
        rules.sort_by(|left, right| (left.order, &left.name).cmp(&(right.order, &right.name)));
        let earlier = change.map(|change| change.chain.as_slice()).unwrap_or_default();
        for rule in rules.iter().filter(|rule| !earlier.contains(&rule.name)) {
            let Some(incident) = self.keyed(key) else { return };
            if rule.conditions.iter().all(|condition| condition.holds(self, key.place, incident, change)) {
                let mut chain = earlier.to_vec();
                chain.push(rule.name.clone());
                self.automation.chain = Some(chain);
                self.run_rule(key, rule);
                self.automation.chain = None;
            }
        }
    }

    fn run_rule(&mut self, key: IncidentKey, rule: &AutomationRule) {
        let by = Actor::service(&format!("Automation rule - {}", rule.display_name));
        for (at, action) in rule.actions.iter().enumerate() {
            let Some(incident) = self.keyed(key) else { return };
            let name = incident.name.clone();
            // Nothing here can be refused for a stale etag; a limit that is reached ends the action, as at the service.
            match action {
                Action::Modify(modification) => {
                    if let Some(write) = modification.of(incident) {
                        let _ = self.write_incident_in(key.place, &name, write, None, &by);
                    }
                }
                Action::AddTask { title, description } => {
                    let subject = format!("task/{name}/{}/{at}/{}", rule.name, incident.tasks.len());
                    let task = self.sentinels[key.place].workspace.stable_guid(&subject).to_string();
                    let (title, description) = (title.clone(), description.clone());
                    let write = TaskWrite { title, description, status: TaskStatus::New, etag: None };
                    let _ = self.write_task(key.place, &name, &task, write, &by);
                }
                Action::RunPlaybook => {}
            }
        }
    }
}

/// Whether a change is one that rules on update follow.
fn is_update(before: &Incident, after: &Incident) -> bool {
    before.state.status() != after.state.status()
        || before.owner != after.owner
        || before.severity != after.severity
        || after.alert_ids.len() > before.alert_ids.len()
        || after.comments.len() > before.comments.len()
        || after.labels.iter().any(|label| !before.labels.contains(label))
        || after.tactics.iter().any(|tactic| !before.tactics.contains(tactic))
}

impl Modification {
    /// The write that makes the change; `None` where there is nothing to change.
    fn of(&self, incident: &Incident) -> Option<IncidentWrite> {
        let before = IncidentWrite::same(incident);
        let mut write = before.clone();
        write.severity = self.severity.unwrap_or(write.severity);
        match &self.state {
            // A rule that closes what is closed changes nothing.
            Some(IncidentState::Closed(_)) if write.state.closing().is_some() => {}
            Some(state) => write.state = state.clone(),
            None => {}
        }
        write.owner = self.owner.clone().unwrap_or(write.owner);
        for label in &self.labels {
            if !write.labels.iter().any(|known| known.eq_ignore_ascii_case(label)) {
                write.labels.push(label.clone());
            }
        }
        (write != before).then_some(write)
    }
}
