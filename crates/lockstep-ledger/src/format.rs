//! How entries are written: the text form of events, and of the core's words inside them.
//!
//! The core serializes nothing; its words get their spelling here. The text of an event is canonical: the same event gives
//! the same bytes (members in the order of their declaration, no white space), so that its hash can be made again.

use lockstep_core::{Classification, Closing, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::event::Event;

/// The canonical text of an event.
pub fn encode(event: &Event) -> String {
    serde_json::to_string(event).expect("events hold only texts, numbers and lists")
}

/// Reads the text of an event.
///
/// # Errors
///
/// What is wrong with the text, where it is not one that [`encode`] writes.
pub fn decode(text: &str) -> Result<Event, String> {
    let event: Event = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if encode(&event) == text {
        Ok(event)
    } else {
        Err("it is not in the form in which entries are written".to_owned())
    }
}

/// A moment in RFC 3339, in UTC; where it lies beyond the year 9999, its ticks.
pub fn rfc3339(time: Time) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.ticks()) * 100)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{} ticks of 100 ns since 1970", time.ticks()))
}

fn read_rfc3339(text: &str) -> Option<Time> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos() / 100).ok().map(Time::from_ticks)
}

/// Makes a module that spells a type of the core through a form of ours, for `#[serde(with = ..)]`.
macro_rules! spelled {
    ($(#[$doc:meta])* $module:ident: $type:ty as $form:ty, $to:expr, $from:expr) => {
        $(#[$doc])*
        pub mod $module {
            use super::*;

            pub fn serialize<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                let to: fn(&$type) -> $form = $to;
                to(value).serialize(serializer)
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let from: fn($form) -> Option<$type> = $from;
                let form = <$form>::deserialize(deserializer)?;
                from(form).ok_or_else(|| serde::de::Error::custom(concat!("not a ", stringify!($module))))
            }
        }
    };
}

spelled!(
    /// An incident's GUID.
    incident_id: lockstep_core::IncidentId as String, |id| id.as_str().to_owned(), |text| lockstep_core::IncidentId::parse(&text)
);
spelled!(
    /// An alert's GUID.
    alert_id: lockstep_core::AlertId as String, |id| id.as_str().to_owned(), |text| lockstep_core::AlertId::parse(&text)
);
spelled!(
    /// An etag.
    version: lockstep_core::Version as String, |version| version.0.clone(), |text| Some(lockstep_core::Version(text))
);
spelled!(
    /// An etag, where there is one.
    optional_version: Option<lockstep_core::Version> as Option<String>, |version| version.as_ref().map(|it| it.0.clone()), |text| Some(text.map(lockstep_core::Version))
);
spelled!(
    /// An installation, where there is one.
    optional_instance: Option<lockstep_core::Instance> as Option<String>, |it| it.as_ref().map(|it| it.as_str().to_owned()), |text| match text { None => Some(None), Some(text) => lockstep_core::Instance::parse(&text).map(Some) }
);
spelled!(
    /// A moment in RFC 3339, in UTC.
    moment: Time as String, |time| rfc3339(*time), |text| read_rfc3339(&text)
);
spelled!(
    /// A moment in RFC 3339, in UTC, where there is one.
    optional_moment: Option<Time> as Option<String>, |time| time.map(rfc3339), |text| match text { None => Some(None), Some(text) => read_rfc3339(&text).map(Some) }
);
spelled!(
    /// An act on an incident, where there is one.
    optional_act: Option<lockstep_core::Act> as Option<ActForm>, |act| act.as_ref().map(ActForm::of), |form| match form { None => Some(None), Some(form) => form.read().map(Some) }
);
spelled!(
    /// What a person says yes to, where there is something.
    optional_item: Option<lockstep_core::Item> as Option<ItemForm>, |item| item.as_ref().map(ItemForm::of), |form| Some(form.map(ItemForm::read))
);
spelled!(
    /// Moments in RFC 3339, in UTC.
    moments: Vec<Time> as Vec<String>, |times| times.iter().copied().map(rfc3339).collect(), |texts| texts.iter().map(|text| read_rfc3339(text)).collect()
);
spelled!(
    /// Where an incident stands, where that is known.
    optional_incident_state: Option<lockstep_core::IncidentState> as Option<IncidentStateForm>, |state| state.as_ref().map(IncidentStateForm::of), |form| Some(form.map(IncidentStateForm::read))
);
spelled!(
    /// Where Defender for Cloud keeps an alert.
    alert_place: lockstep_core::AlertPlace as AlertPlaceForm, AlertPlaceForm::of, AlertPlaceForm::read
);
spelled!(
    /// What is done to an alert.
    alert_act: lockstep_core::AlertAct as AlertActForm, AlertActForm::of, |form| Some(form.read())
);
spelled!(
    /// What a brake counts for.
    brake_scope: lockstep_core::BrakeScope as BrakeScopeForm, BrakeScopeForm::of, |form| Some(form.read())
);
spelled!(
    /// What a person says yes to.
    items: Vec<lockstep_core::Item> as Vec<ItemForm>, |items| items.iter().map(ItemForm::of).collect(), |forms| Some(forms.into_iter().map(ItemForm::read).collect())
);
spelled!(
    /// Where an alert stands.
    alert_state: lockstep_core::AlertState as AlertStateForm, AlertStateForm::of, |form| Some(form.read())
);
spelled!(
    /// Where an incident stands.
    incident_state: lockstep_core::IncidentState as IncidentStateForm, IncidentStateForm::of, |form| Some(form.read())
);

/// An act on an incident, as entries spell it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActForm {
    at: String,
    by: Option<String>,
}

impl ActForm {
    fn of(act: &lockstep_core::Act) -> Self {
        Self { at: rfc3339(act.at), by: act.by.clone() }
    }

    fn read(self) -> Option<lockstep_core::Act> {
        Some(lockstep_core::Act { at: read_rfc3339(&self.at)?, by: self.by })
    }
}

/// The pieces of an alert's ARM id, as entries spell them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertPlaceForm {
    subscription: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource_group: Option<String>,
    location: String,
    name: String,
}

impl AlertPlaceForm {
    fn of(place: &lockstep_core::AlertPlace) -> Self {
        Self {
            subscription: place.subscription().to_owned(),
            resource_group: place.resource_group().map(ToOwned::to_owned),
            location: place.location().to_owned(),
            name: place.name().to_owned(),
        }
    }

    fn read(self) -> Option<lockstep_core::AlertPlace> {
        let Self { subscription, resource_group, location, name } = self;
        lockstep_core::AlertPlace::new(&subscription, resource_group.as_deref(), &location, &name)
    }
}

/// What is done to an alert, as entries spell it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertActForm {
    Activate,
    SetInProgress,
    Dismiss,
    Resolve,
}

impl AlertActForm {
    fn of(act: &lockstep_core::AlertAct) -> Self {
        use lockstep_core::AlertAct as Act;
        match act {
            Act::Activate => Self::Activate,
            Act::SetInProgress => Self::SetInProgress,
            Act::Dismiss => Self::Dismiss,
            Act::Resolve => Self::Resolve,
        }
    }

    fn read(self) -> lockstep_core::AlertAct {
        use lockstep_core::AlertAct as Act;
        match self {
            Self::Activate => Act::Activate,
            Self::SetInProgress => Act::SetInProgress,
            Self::Dismiss => Act::Dismiss,
            Self::Resolve => Act::Resolve,
        }
    }
}

/// What a brake counts for, as entries spell it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrakeScopeForm {
    Workspace,
    Subscription(String),
    Person(String),
}

impl BrakeScopeForm {
    fn of(scope: &lockstep_core::BrakeScope) -> Self {
        use lockstep_core::BrakeScope as Scope;
        match scope {
            Scope::Workspace => Self::Workspace,
            Scope::Subscription(id) => Self::Subscription(id.clone()),
            Scope::Person(who) => Self::Person(who.clone()),
        }
    }

    fn read(self) -> lockstep_core::BrakeScope {
        use lockstep_core::BrakeScope as Scope;
        match self {
            Self::Workspace => Scope::Workspace,
            Self::Subscription(id) => Scope::Subscription(id),
            Self::Person(who) => Scope::Person(who),
        }
    }
}

/// What a person says yes to, as entries spell it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemForm {
    #[serde(with = "incident_id")]
    incident: lockstep_core::IncidentId,
    incident_number: u64,
    terms: String,
}

impl ItemForm {
    fn of(item: &lockstep_core::Item) -> Self {
        Self { incident: item.incident.clone(), incident_number: item.number, terms: item.terms.clone() }
    }

    fn read(self) -> lockstep_core::Item {
        lockstep_core::Item { incident: self.incident, number: self.incident_number, terms: self.terms }
    }
}

/// Where an alert stands, as entries spell it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStateForm {
    New,
    InProgress,
    Dismissed,
    Resolved,
    Unknown(String),
    Missing,
    Unread,
}

impl AlertStateForm {
    fn of(state: &lockstep_core::AlertState) -> Self {
        use lockstep_core::AlertState as State;
        match state {
            State::New => Self::New,
            State::InProgress => Self::InProgress,
            State::Dismissed => Self::Dismissed,
            State::Resolved => Self::Resolved,
            State::Unknown(word) => Self::Unknown(word.clone()),
            State::Missing => Self::Missing,
            State::Unread => Self::Unread,
        }
    }

    fn read(self) -> lockstep_core::AlertState {
        use lockstep_core::AlertState as State;
        match self {
            Self::New => State::New,
            Self::InProgress => State::InProgress,
            Self::Dismissed => State::Dismissed,
            Self::Resolved => State::Resolved,
            Self::Unknown(word) => State::Unknown(word),
            Self::Missing => State::Missing,
            Self::Unread => State::Unread,
        }
    }
}

/// Where an incident stands, as entries spell it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStateForm {
    New,
    Active,
    Closed(Option<ClosingForm>),
    Other(String),
}

/// What a closed incident turned out to be, as entries spell it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosingForm {
    classification: ClassificationForm,
    comment: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClassificationForm {
    TruePositive,
    BenignPositive,
    FalsePositiveLogic,
    FalsePositiveData,
    Undetermined,
}

impl IncidentStateForm {
    fn of(state: &lockstep_core::IncidentState) -> Self {
        use lockstep_core::IncidentState as State;
        match state {
            State::New => Self::New,
            State::Active => Self::Active,
            State::Closed(closing) => Self::Closed(closing.as_ref().map(ClosingForm::of)),
            State::Other(word) => Self::Other(word.clone()),
        }
    }

    fn read(self) -> lockstep_core::IncidentState {
        use lockstep_core::IncidentState as State;
        match self {
            Self::New => State::New,
            Self::Active => State::Active,
            Self::Closed(closing) => State::Closed(closing.map(ClosingForm::read)),
            Self::Other(word) => State::Other(word),
        }
    }
}

impl ClosingForm {
    fn of(closing: &Closing) -> Self {
        let classification = match closing.classification {
            Classification::TruePositive => ClassificationForm::TruePositive,
            Classification::BenignPositive => ClassificationForm::BenignPositive,
            Classification::FalsePositiveLogic => ClassificationForm::FalsePositiveLogic,
            Classification::FalsePositiveData => ClassificationForm::FalsePositiveData,
            Classification::Undetermined => ClassificationForm::Undetermined,
        };
        Self { classification, comment: closing.comment.clone() }
    }

    fn read(self) -> Closing {
        let classification = match self.classification {
            ClassificationForm::TruePositive => Classification::TruePositive,
            ClassificationForm::BenignPositive => Classification::BenignPositive,
            ClassificationForm::FalsePositiveLogic => Classification::FalsePositiveLogic,
            ClassificationForm::FalsePositiveData => Classification::FalsePositiveData,
            ClassificationForm::Undetermined => Classification::Undetermined,
        };
        Closing { classification, comment: self.comment }
    }
}
