//! `lockstep policy test`: cases that say what a policy is to make of an incident, tried on the decision itself.

use std::path::Path;
use std::time::Duration;

use lockstep_core::{
    Act, Agreed, Alert, AlertAct, AlertId, AlertPlace, AlertState, Classification, Closing, Confirmed, Incident,
    IncidentId, IncidentState, Memory, Moved, Mover, Owner, Policy, Severity, Subject, Suppression, Target, Time,
    Verdict, Version, Who, decide,
};
use serde::Deserialize;
use serde::de::Error as _;

use crate::problem::{Place, Problem};
use crate::settings::Document;

/// What became of one case.
pub struct Tried {
    /// What the case is called.
    pub name: String,
    /// What it expects.
    pub expected: String,
    /// What the policy makes of it.
    pub verdict: String,
    /// The reason, where the incident is left alone.
    pub why: Option<String>,
    /// The rule that fired.
    pub rule: Option<String>,
    /// The rule that it expects.
    pub expected_rule: Option<String>,
}

impl Tried {
    /// Whether it is as expected.
    pub fn is_right(&self) -> bool {
        let leaves = self.expected == LEAVE && self.verdict.starts_with(LEAVE);
        let rule = self.expected_rule.as_ref().is_none_or(|expected| self.rule.as_ref() == Some(expected));
        rule && (leaves || self.expected == self.verdict)
    }
}

/// Tries every case of a file on a policy, in the file's order.
///
/// # Errors
/// The file cannot be used.
pub fn try_all(path: &Path, policy: &Policy) -> Result<Vec<Tried>, Problem> {
    let document = Document::read(path)?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let file: File = if is_json { json(&document)? } else { document.parse()? };
    if file.cases.is_empty() {
        return Err(Problem::usage(format!("{} holds no cases", document.name())));
    }
    Ok(file.cases.iter().map(|case| case.tried(policy)).collect())
}

fn json(document: &Document) -> Result<File, Problem> {
    serde_json::from_str(document.text()).map_err(|error| {
        let before: usize =
            document.text().split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(document.text().len());
        // The text's own position follows anyway.
        let found = error.to_string();
        let label = found.split(" at line ").next().unwrap_or_default().to_owned();
        let place = Place { origin: document.name(), text: document.text().to_owned(), span: at..at, label };
        Problem::usage(format!("{} cannot be used", document.name())).at(place)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    incident: IncidentTable,
    alerts: Vec<AlertEntry>,
    /// What both sides last agreed on; without it both were born New since the ledger began.
    agreed: Option<AgreedTable>,
    /// Whether the incident is older than the ledger, and nobody ever saw it agree.
    #[serde(default)]
    first_sight: bool,
    expect: Expected,
    rule: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IncidentTable {
    status: Status,
    #[serde(default = "medium")]
    severity: SeverityWord,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default = "day")]
    age: Span,
    #[serde(default)]
    bookmarks: u64,
    #[serde(default)]
    open_tasks: u64,
    /// How many alerts the incident says that it has; as many as the case names if not given.
    alerts_count: Option<u64>,
    /// The last act on it.
    acted: Option<ActTable>,
    #[serde(default)]
    approved: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActTable {
    by: String,
    ago: Span,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "an alert's status, or a table with `status`")]
enum AlertEntry {
    Status(AlertWord),
    Table(Box<AlertTable>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertTable {
    status: AlertWord,
    #[serde(rename = "type")]
    kind: Option<String>,
    product: Option<String>,
    subscription: Option<String>,
    resource_group: Option<String>,
    raised: Option<Span>,
    moved: Option<MovedTable>,
    /// Whether the products' own sync carries the closing of an incident to it.
    synced: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MovedTable {
    ago: Span,
    /// The person who moved it; nobody can tell if not given.
    by: Option<String>,
    #[serde(default)]
    suspect: bool,
    /// The suppression rule that moved it, with its age.
    suppression: Option<SuppressionTable>,
    #[serde(default)]
    sync: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppressionTable {
    name: String,
    age: Option<Span>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgreedTable {
    incident: Status,
    alerts: Vec<AlertWord>,
    /// Whether we wrote the incident so.
    #[serde(default)]
    ours: bool,
}

#[derive(Clone, Copy, Deserialize)]
enum SeverityWord {
    High,
    Medium,
    Low,
    Informational,
    Unknown,
}

#[derive(Clone, Copy, Deserialize)]
enum AlertWord {
    New,
    InProgress,
    Dismissed,
    Resolved,
    Missing,
    Unread,
}

/// `New`, `Active`, or `Closed (PAIR)`.
struct Status(IncidentState);

/// What a case expects, in the words of [`verdict`].
struct Expected(String);

/// A duration as people type it.
struct Span(Duration);

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let state = state(&text).ok_or_else(|| D::Error::custom(no_status(&text)))?;
        Ok(Self(state))
    }
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let acts = ["InProgress", "Dismissed", "Resolved", "New"].map(|word| format!("alerts: {word}"));
        let is_known = text == LEAVE || text.starts_with("leave: ") || acts.contains(&text) || state(&text).is_some();
        let wanted = "or \"leave\", \"leave: REASON\", \"alerts: STATUS\"";
        is_known.then_some(Self(text.clone())).ok_or_else(|| D::Error::custom(format!("{} {wanted}", no_status(&text))))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text)
            .map(Self)
            .map_err(|_| D::Error::custom(format!("\"{}\" is no duration such as \"15m\"", text.escape_debug())))
    }
}

fn state(text: &str) -> Option<IncidentState> {
    let closed = |pair: &Classification| {
        let closing = Closing { classification: *pair, comment: String::new() };
        IncidentState::Closed(Some(closing))
    };
    let closed = Classification::ALL.iter().map(closed).find(|closed| closed.to_string() == text);
    match text {
        "New" => Some(IncidentState::New),
        "Active" => Some(IncidentState::Active),
        _ => closed,
    }
}

fn no_status(text: &str) -> String {
    let pairs: Vec<_> = Classification::ALL.iter().map(|pair| format!("\"Closed ({pair})\"")).collect();
    format!("\"{}\" is none of \"New\", \"Active\", {}", text.escape_debug(), pairs.join(", "))
}

impl Case {
    fn tried(&self, policy: &Policy) -> Tried {
        let confirmed = self.confirmed();
        let agreed = self.agreed.as_ref().map(|agreed| agreed.agreed(&confirmed.incident));
        let began = (!self.first_sight).then(|| Time::from_ticks(0));
        let decided = decide(&confirmed, policy, &Memory { base: agreed.as_ref(), began });
        let incident = &confirmed.incident;
        let fired = policy.ruling(&Subject::of(incident, incident.owner.as_ref(), Some(confirmed.at))).fired;
        Tried {
            name: self.name.clone(),
            expected: self.expect.0.clone(),
            verdict: verdict(&decided),
            why: match &decided {
                Verdict::Leave(_, reason) => Some(reason.to_string()),
                Verdict::Change(_) | Verdict::Push(_) => None,
            },
            rule: fired.rule().map(str::to_owned),
            expected_rule: self.rule.clone(),
        }
    }

    /// The incident as fresh reads at [`NOW`] show it.
    fn confirmed(&self) -> Confirmed {
        let table = &self.incident;
        let alerts: Vec<_> = self.alerts.iter().enumerate().map(|(at, alert)| alert.alert(at)).collect();
        let mut products: Vec<_> = alerts.iter().map(|alert| alert.product.clone()).collect();
        products.retain(|product| !product.is_empty());
        products.dedup();
        let acted = table.acted.as_ref().map(|act| Act { at: act.ago.before_now(), by: Some(act.by.clone()) });
        let owner = table.owner.clone().map_or(Owner::Nobody, |owner| Owner::Somebody(vec![owner]));
        Confirmed {
            alerts_count: table.alerts_count.unwrap_or_else(|| u64::try_from(alerts.len()).unwrap_or(u64::MAX)),
            bookmarks_count: table.bookmarks,
            open_tasks: Some(table.open_tasks),
            products,
            version: Version(String::new()),
            at: NOW,
            approved: table.approved,
            incident: Incident {
                id: IncidentId::parse(&guid(1, 0)).expect("it is a GUID"),
                number: 1,
                title: self.name.clone(),
                severity: table.severity.severity(),
                state: table.status.0.clone(),
                labels: table.tags.clone(),
                created: table.age.before_now(),
                modified: None,
                owner: Some(owner),
                comments: Some(0),
                acted: acted.clone(),
                set_by: acted,
                closed: None,
                alerts,
            },
        }
    }
}

impl AgreedTable {
    /// The agreement, alert by alert in the case's order.
    fn agreed(&self, incident: &Incident) -> Agreed {
        let ids = incident.alerts.iter().map(|alert| alert.id.clone());
        let alerts = ids.zip(self.alerts.iter().map(|word| word.state()));
        let written = self.ours.then(|| self.incident.0.clone());
        Agreed::new(self.incident.0.clone(), alerts).with_written(written)
    }
}

impl AlertEntry {
    fn alert(&self, at: usize) -> Alert {
        let plain = |status: AlertWord| Alert {
            id: AlertId::parse(&guid(2, at)).expect("it is a GUID"),
            state: status.state(),
            product: if matches!(status, AlertWord::Missing) { String::new() } else { DEFENDER.to_owned() },
            title: format!("Alert {}", at + 1),
            kind: String::new(),
            place: AlertPlace::new(&guid(3, 0), Some("rg"), "westeurope", &guid(2, at)),
            raised: Some(day().before_now()),
            moved: Some(Moved { at: minutes_ago(1), by: Mover::Person(Who::default()) }),
            elsewhere: Vec::new(),
            synced: Some(false),
        };
        let table = match self {
            Self::Status(status) => return plain(*status),
            Self::Table(table) => table,
        };
        let base = plain(table.status);
        let subscription = table.subscription.clone().unwrap_or_else(|| guid(3, 0));
        let group = table.resource_group.as_deref().or(Some("rg"));
        Alert {
            product: table.product.clone().unwrap_or(base.product),
            kind: table.kind.clone().unwrap_or_default(),
            place: AlertPlace::new(&subscription, group, "westeurope", &guid(2, at)),
            raised: table.raised.as_ref().map(Span::before_now).or(base.raised),
            moved: table.moved.as_ref().map_or(base.moved, |moved| Some(moved.moved())),
            synced: table.synced.or(base.synced),
            ..base
        }
    }
}

impl MovedTable {
    fn moved(&self) -> Moved {
        let by = match (&self.by, &self.suppression, self.sync) {
            (_, Some(rule), _) => Mover::Suppression(Suppression {
                name: rule.name.clone(),
                reason: String::new(),
                comment: String::new(),
                changed: rule.age.as_ref().map(Span::before_now),
            }),
            (_, _, true) => Mover::Sync,
            (Some(by), _, _) => Mover::Person(Who {
                name: by.clone(),
                object_id: String::new(),
                address: String::new(),
                is_suspect: self.suspect,
            }),
            (None, None, false) => Mover::NotDetermined("the case does not say".to_owned()),
        };
        Moved { at: self.ago.before_now(), by }
    }
}

impl SeverityWord {
    fn severity(self) -> Severity {
        match self {
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
            Self::Informational => Severity::Informational,
            Self::Unknown => Severity::Unknown,
        }
    }
}

impl AlertWord {
    fn state(self) -> AlertState {
        match self {
            Self::New => AlertState::New,
            Self::InProgress => AlertState::InProgress,
            Self::Dismissed => AlertState::Dismissed,
            Self::Resolved => AlertState::Resolved,
            Self::Missing => AlertState::Missing,
            Self::Unread => AlertState::Unread,
        }
    }
}

impl Span {
    fn before_now(&self) -> Time {
        let ticks = i64::try_from(self.0.as_nanos() / 100).unwrap_or(i64::MAX);
        Time::from_ticks(NOW.ticks().saturating_sub(ticks))
    }
}

/// A verdict in the words of a case.
fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Leave(_, reason) => format!("{LEAVE}: {}", reason.word()),
        Verdict::Push(push) => {
            let mut words: Vec<_> = push.acts.iter().map(|(_, act)| act_word(*act)).collect();
            words.dedup();
            format!("alerts: {}", words.join(", "))
        }
        Verdict::Change(change) => match change.to {
            Target::New => IncidentState::New.to_string(),
            Target::Active => IncidentState::Active.to_string(),
            Target::Closed(pair) => {
                IncidentState::Closed(Some(Closing { classification: pair, comment: String::new() })).to_string()
            }
        },
    }
}

fn act_word(act: AlertAct) -> &'static str {
    match act {
        AlertAct::Activate => "New",
        AlertAct::SetInProgress => "InProgress",
        AlertAct::Dismiss => "Dismissed",
        AlertAct::Resolve => "Resolved",
    }
}

fn medium() -> SeverityWord {
    SeverityWord::Medium
}

fn day() -> Span {
    Span(Duration::from_secs(86_400))
}

fn minutes_ago(minutes: u64) -> Time {
    Span(Duration::from_secs(60 * minutes)).before_now()
}

fn guid(kind: u8, at: usize) -> String {
    format!("00000000-0000-4000-800{kind}-{at:012}")
}

const LEAVE: &str = "leave";
const DEFENDER: &str = "Microsoft Defender for Cloud";

/// When the cases are judged: a Wednesday at noon.
const NOW: Time = Time::from_ticks(1_717_588_800 * Time::TICKS_PER_SECOND);
