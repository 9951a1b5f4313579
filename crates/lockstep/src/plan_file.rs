//! The text form of a plan: a TOML file with everything that a change needs, so that a person can read it, keep it and have
//! exactly it carried out.
//!
//! A file that was edited is another plan: what it says is still carried out only where it is what is due.

use std::path::Path;

use lockstep_core::{
    Alert, AlertId, AlertPlace, AlertState, Change, Classification, Closing, IncidentId, IncidentState, Left, Reason,
    Severity, Target, Time, Verdict, Version,
};
use lockstep_engine::Observation;
use lockstep_ledger::Hash;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::settings::{Document, Settings};

/// What a plan file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanTable {
    /// The version of this form.
    lockstep_plan: u32,
    /// When the look ended that it was made from, by the service's clock.
    #[serde(with = "moment")]
    made: Time,
    /// Where it holds.
    place: PlaceTable,
    /// The policy that decided.
    policy: PolicyTable,
    /// What is to be done, in the order in which it is.
    #[serde(rename = "change", default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeTable>,
    /// What was left alone, for the reader.
    #[serde(rename = "left", default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<LeftTable>,
}

/// Where a plan holds: nowhere else is it carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceTable {
    cloud: String,
    host: String,
    workspace: String,
    instance: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyTable {
    name: String,
    hash: Hash,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeTable {
    #[serde(with = "incident_id")]
    incident: IncidentId,
    number: u64,
    title: String,
    #[serde(with = "severity")]
    severity: Severity,
    #[serde(with = "moment")]
    created: Time,
    #[serde(with = "state")]
    from: IncidentState,
    #[serde(with = "target")]
    to: Target,
    version: String,
    /// What holds it unless somebody approves the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<String>,
    #[serde(rename = "alert")]
    alerts: Vec<AlertTable>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertTable {
    #[serde(with = "alert_id")]
    id: AlertId,
    #[serde(with = "alert_state")]
    state: AlertState,
    product: String,
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<AlertPlaceTable>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertPlaceTable {
    subscription: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource_group: Option<String>,
    location: String,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftTable {
    #[serde(with = "incident_id")]
    incident: IncidentId,
    reason: String,
    why: String,
}

/// A plan, and the text that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFile {
    plan: PlanTable,
    text: String,
}

impl PlanFile {
    /// The plan of an observation. What waits for a person, at the brake or by the policy, is in it too: to approve the plan
    /// is to approve that. Changes of alerts are not in it; it says which incidents have some due.
    pub fn new(settings: &Settings, observation: &Observation) -> Self {
        let waiting = observation.waiting.iter().filter_map(|waiting| {
            let held = waiting.trips.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            Some(ChangeTable { held: Some(held), ..ChangeTable::of(waiting.change.as_ref()?) })
        });
        let awaiting = observation.awaiting.iter().filter_map(|verdict| match verdict {
            Verdict::Change(change) => {
                Some(ChangeTable { held: Some(Reason::NeedsApproval.to_string()), ..ChangeTable::of(change) })
            }
            Verdict::Push(_) | Verdict::Leave(..) => None,
        });
        let waiting: Vec<_> = waiting.chain(awaiting).collect();
        let held = |left: &&Left| waiting.iter().all(|change| change.incident != left.incident);
        let left = observation.plan.left.iter().filter(held).map(|left| LeftTable {
            incident: left.incident.clone(),
            reason: left.reason.word().to_owned(),
            why: left.reason.to_string(),
        });
        let pushes = observation.plan.pushes.iter().map(|push| LeftTable {
            incident: push.incident.clone(),
            reason: "alerts-due".to_owned(),
            why: "its alerts are due to follow it, which only a pass does: a plan file holds changes of incidents"
                .to_owned(),
        });
        let left: Vec<_> = left.chain(pushes).collect();
        let plan = PlanTable {
            lockstep_plan: FORM,
            made: observation.asked,
            place: PlaceTable::of(settings),
            policy: PolicyTable::of(settings),
            changes: observation.plan.changes.iter().map(ChangeTable::of).chain(waiting).collect(),
            left,
        };
        let toml = toml::to_string_pretty(&plan).expect("a plan has text keys, and tables after values");
        Self { plan, text: format!("{HEADING}{toml}") }
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads a plan file.
    ///
    /// # Errors
    /// It is no plan of this form; the problem shows where.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        Self::parse(&Document::read(path)?)
    }

    /// Reads the text of a plan file that a ledger kept.
    ///
    /// # Errors
    /// As [`PlanFile::read`].
    pub fn of_ledger(text: String) -> Result<Self, Problem> {
        Self::parse(&Document::of("the ledger's plan", &text))
    }

    fn parse(document: &Document) -> Result<Self, Problem> {
        match document.parse::<Form>() {
            Ok(Form { lockstep_plan: Some(FORM) }) => {}
            Ok(Form { lockstep_plan: Some(other) }) => {
                let message = format!("{} is a plan of form {other}; this lockstep reads form {FORM}", document.name());
                return Err(Problem::usage(message).hint("make the plan anew with `lockstep plan -o FILE`"));
            }
            _ => {
                let message = format!("{} is no plan: it does not begin with lockstep_plan = {FORM}", document.name());
                return Err(Problem::usage(message).hint("`lockstep plan -o FILE` makes one"));
            }
        }
        let plan: PlanTable = document.parse()?;
        for change in &plan.changes {
            let again = plan.changes.iter().filter(|other| other.incident == change.incident).count();
            if again > 1 {
                let message = format!("{} changes incident {} twice", document.name(), change.incident);
                return Err(Problem::usage(message).hint("an incident is changed once in a plan"));
            }
            change.alerts.iter().try_for_each(|alert| alert.checked(document))?;
        }
        Ok(Self { plan, text: document.text().to_owned() })
    }

    /// Whether it was made for what the settings describe.
    ///
    /// # Errors
    /// It was made for another place, or by another policy; the problem names each difference.
    pub fn check(&self, settings: &Settings) -> Result<(), Problem> {
        let here = PlaceTable::of(settings);
        let rows = [
            ("cloud", &self.plan.place.cloud, &here.cloud),
            ("host", &self.plan.place.host, &here.host),
            ("workspace", &self.plan.place.workspace, &here.workspace),
            ("instance", &self.plan.place.instance, &here.instance),
        ];
        let apart: Vec<_> = rows.into_iter().filter(|(_, planned, now)| planned != now).collect();
        if !apart.is_empty() {
            let problem = Problem::usage("the plan was made for another place, so nothing was done");
            return Err(apart.into_iter().fold(problem, |problem, (what, planned, now)| {
                problem.hint(format!("the plan's {what} is {planned}, the settings' is {now}"))
            }));
        }
        let (planned, policy) = (&self.plan.policy, PolicyTable::of(settings));
        if planned.hash == policy.hash {
            return Ok(());
        }
        let message = if planned.name == policy.name {
            format!("the policy \"{}\" says something else than when the plan was made", policy.name)
        } else {
            format!("the plan was made under the policy \"{}\", not \"{}\"", planned.name, policy.name)
        };
        Err(Problem::new(ExitCode::Stale, message).hint("make the plan anew with `lockstep plan -o FILE`"))
    }

    /// What is to be done, in order.
    pub fn changes(&self) -> Vec<Change> {
        self.plan.changes.iter().map(ChangeTable::change).collect()
    }
}

impl PlaceTable {
    fn of(settings: &Settings) -> Self {
        Self {
            cloud: settings.cloud.clone(),
            host: settings.host().to_owned(),
            workspace: settings.scope.arm_id(),
            instance: settings.instance.to_string(),
        }
    }
}

impl PolicyTable {
    fn of(settings: &Settings) -> Self {
        Self { name: settings.policy.name().to_owned(), hash: Hash::of(&settings.policy.text) }
    }
}

impl ChangeTable {
    fn of(change: &Change) -> Self {
        Self {
            incident: change.incident.clone(),
            number: change.number,
            title: change.title.clone(),
            severity: change.severity,
            created: change.created,
            from: change.from.clone(),
            to: change.to,
            version: change.version.0.clone(),
            held: None,
            alerts: change.alerts.iter().map(AlertTable::of).collect(),
        }
    }

    fn change(&self) -> Change {
        Change {
            incident: self.incident.clone(),
            number: self.number,
            title: self.title.clone(),
            severity: self.severity,
            created: self.created,
            from: self.from.clone(),
            to: self.to,
            alerts: self.alerts.iter().map(AlertTable::alert).collect(),
            version: Version(self.version.clone()),
        }
    }
}

impl AlertTable {
    fn of(alert: &Alert) -> Self {
        let place = alert.place.as_ref().map(|place| AlertPlaceTable {
            subscription: place.subscription().to_owned(),
            resource_group: place.resource_group().map(str::to_owned),
            location: place.location().to_owned(),
            name: place.name().to_owned(),
        });
        Self {
            id: alert.id.clone(),
            state: alert.state.clone(),
            product: alert.product.clone(),
            title: alert.title.clone(),
            place,
        }
    }

    fn checked(&self, document: &Document) -> Result<(), Problem> {
        match &self.place {
            Some(place) if place.place().is_none() => {
                let message = format!("{} says of alert {} that it lies nowhere that can be", document.name(), self.id);
                Err(Problem::usage(message))
            }
            _ => Ok(()),
        }
    }

    fn alert(&self) -> Alert {
        Alert {
            id: self.id.clone(),
            state: self.state.clone(),
            product: self.product.clone(),
            title: self.title.clone(),
            kind: String::new(),
            place: self.place.as_ref().and_then(AlertPlaceTable::place),
            raised: None,
            moved: None,
            elsewhere: Vec::new(),
            synced: None,
        }
    }
}

impl AlertPlaceTable {
    fn place(&self) -> Option<AlertPlace> {
        AlertPlace::new(&self.subscription, self.resource_group.as_deref(), &self.location, &self.name)
    }
}

/// The version of a file's form, whatever else is in it.
#[derive(Deserialize)]
struct Form {
    lockstep_plan: Option<u32>,
}

/// Makes a module that spells a type of the core as a text, for `#[serde(with = ..)]`.
macro_rules! spelled {
    ($module:ident: $type:ty, $wanted:literal, $to:expr, $from:expr) => {
        mod $module {
            use super::*;

            pub fn serialize<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                let to: fn(&$type) -> String = $to;
                to(value).serialize(serializer)
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let from: fn(&str) -> Option<$type> = $from;
                let text = String::deserialize(deserializer)?;
                from(&text).ok_or_else(|| serde::de::Error::custom(concat!($wanted, " is wanted")))
            }
        }
    };
}

spelled!(incident_id: IncidentId, "a GUID", |id| id.to_string(), IncidentId::parse);
spelled!(alert_id: AlertId, "a GUID", |id| id.to_string(), AlertId::parse);
spelled!(moment: Time, "a time such as 2024-05-01T12:00:00Z", |time| rfc3339(*time), read_rfc3339);
spelled!(severity: Severity, "High, Medium, Low, Informational or Unknown", |severity| severity.to_string(), |text| {
    [Severity::Unknown, Severity::High, Severity::Medium, Severity::Low, Severity::Informational]
        .into_iter()
        .find(|severity| severity.to_string() == text)
});
spelled!(state: IncidentState, "New, Active, Closed or \"Closed: CLASSIFICATION - REASON\"", state_text, read_state);
spelled!(target: Target, "Active or \"Closed: CLASSIFICATION - REASON\"", |target| target_text(*target), read_target);
spelled!(alert_state: AlertState, "New, InProgress, Dismissed or Resolved", |state| state.to_string(), |text| {
    [AlertState::New, AlertState::InProgress, AlertState::Dismissed, AlertState::Resolved]
        .into_iter()
        .find(|state| state.to_string() == text)
});

fn state_text(state: &IncidentState) -> String {
    match state {
        IncidentState::New => "New".to_owned(),
        IncidentState::Active => "Active".to_owned(),
        IncidentState::Closed(None) => "Closed".to_owned(),
        IncidentState::Closed(Some(closing)) => format!("{CLOSED}{}", closing.classification),
        IncidentState::Other(word) => word.clone(),
    }
}

fn read_state(text: &str) -> Option<IncidentState> {
    match text {
        "New" => Some(IncidentState::New),
        "Active" => Some(IncidentState::Active),
        "Closed" => Some(IncidentState::Closed(None)),
        _ => {
            let closing = |classification| Closing { classification, comment: String::new() };
            read_pair(text).map(|classification| IncidentState::Closed(Some(closing(classification))))
        }
    }
}

fn target_text(target: Target) -> String {
    match target {
        Target::New => "New".to_owned(),
        Target::Active => "Active".to_owned(),
        Target::Closed(classification) => format!("{CLOSED}{classification}"),
    }
}

fn read_target(text: &str) -> Option<Target> {
    match text {
        "New" => Some(Target::New),
        "Active" => Some(Target::Active),
        _ => read_pair(text).map(Target::Closed),
    }
}

fn read_pair(text: &str) -> Option<Classification> {
    let pair = text.strip_prefix(CLOSED)?;
    Classification::ALL.iter().find(|known| known.as_str() == pair).copied()
}

fn rfc3339(time: Time) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.ticks()) * 100).ok();
    moment.and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

fn read_rfc3339(text: &str) -> Option<Time> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos() / 100).ok().map(Time::from_ticks)
}

/// The version of the form that is written and read here.
const FORM: u32 = 1;

const CLOSED: &str = "Closed: ";

const HEADING: &str = "\
# A plan of lockstep. `lockstep apply FILE` does exactly this, or says of each change what has moved since;
# `lockstep apply FILE --approve` is a person's yes to it. It names people's resources: keep it as you keep those.

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_it_was_written() {
        let targets = Classification::ALL.iter().copied().map(Target::Closed).chain([Target::Active]);
        for target in targets {
            assert_eq!(read_target(&target_text(target)), Some(target));
        }
        assert_eq!(read_target("Closed: TruePositive - InaccurateData"), None);
    }

    #[test]
    fn a_moment_is_read_as_it_was_written() {
        for ticks in [0, 17_172_864_000_000_001, -5] {
            let time = Time::from_ticks(ticks);
            assert_eq!(read_rfc3339(&rfc3339(time)), Some(time));
        }
    }
}
