//! A small script of people's acts, played in a twin's world, with what each side shows after each of them.
//!
//! One act a line; a line that begins with `#`, and what is empty, is passed over. A text with spaces stands in double quotes.
//! An alert is called by a name of the script's own, and stands for its incident too. The words are listed in [`FORMS`].

mod script;

use time::OffsetDateTime;

use script::{Act, Line};
pub use script::{FORMS, StoryError};

use crate::Twin;
use crate::world::{
    Actor, AlertRef, AlertStatus, CommentWrite, FIRST, IncidentState, IncidentWrite, NewAlert, Refused, SentinelStatus,
    World,
};

/// A script that can be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    lines: Vec<Line>,
}

/// What both sides show after an act.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The act's line, counted from 1.
    pub line: usize,
    /// The act, as the script says it.
    pub says: String,
    /// The time in the world.
    pub at: OffsetDateTime,
    /// Every alert so far, in the order in which they were raised.
    pub stands: Vec<Stand>,
}

/// Where an alert and its incident stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Stand {
    /// What the script calls the alert.
    pub name: String,
    /// Its status in Defender for Cloud.
    pub defender: AlertStatus,
    /// Its status in the newest row of `SecurityAlert` that a query sees; `None` while there is none.
    pub sentinel: Option<SentinelStatus>,
    /// Its incident's number, state, owner and labels in Sentinel; `None` where none was made.
    pub incident: Option<IncidentStand>,
}

/// Where an incident stands.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentStand {
    /// What people call it by.
    pub number: u32,
    /// New, active or closed, and as what.
    pub state: IncidentState,
    /// Whose it is.
    pub owner: Option<String>,
    /// What it is labelled.
    pub labels: Vec<String>,
    /// How many comments it has.
    pub comments: usize,
}

impl Story {
    /// Reads a script.
    ///
    /// # Errors
    /// [`StoryError`] names the line, what was found, and what would do.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        script::parse(text).map(|lines| Self { lines })
    }

    /// Plays the script, act by act as scenes are asked for. Time passes only where the script says so, if the twin's clock is
    /// stepped only.
    pub fn play<'a>(&'a self, twin: &'a Twin) -> impl Iterator<Item = Result<Scene, StoryError>> + 'a {
        let mut cast: Vec<(String, AlertRef)> = Vec::new();
        self.lines.iter().map(move |line| {
            if let Act::Passes(by) = &line.act {
                twin.clock().step(*by);
            }
            let mut world = twin.world();
            act(&mut world, &mut cast, &line.act).map_err(|refused| line.refused(&refused))?;
            let stands = cast.iter().filter_map(|(name, alert)| stand(&world, name, alert)).collect();
            Ok(Scene { line: line.number, says: line.says.clone(), at: world.now(), stands })
        })
    }
}

/// Does what an act says.
fn act(world: &mut World, cast: &mut Vec<(String, AlertRef)>, act: &Act) -> Result<(), Refused> {
    let known = |name: &String| cast.iter().find(|(known, _)| known == name).map(|(_, alert)| alert.clone());
    let incident = |name: &String| known(name).and_then(|alert| alert.incident_name).ok_or(Refused::NotFound);
    let by = Actor::person(ANALYST);
    match act {
        Act::Nothing | Act::Passes(_) => Ok(()),
        Act::Raise { name, severity, title } => {
            let usual = NewAlert::default();
            let title = title.clone().unwrap_or_else(|| usual.display_name.clone());
            let severity = severity.unwrap_or(usual.severity);
            let resource = format!("vm-{name}");
            let raised = world.raise_alert(NewAlert { display_name: title, severity, resource, ..usual });
            cast.push((name.clone(), raised));
            Ok(())
        }
        Act::Set { name, status } => world.set_alert_status(&known(name).ok_or(Refused::NotFound)?.alert_name, *status),
        Act::State { name, state } => world.set_incident_state(&incident(name)?, state.clone(), &by),
        Act::Assign { name, to } => write(world, &incident(name)?, &by, |write| {
            write.owner.user_principal_name = Some(to.clone());
            write.owner.assigned_to = to.split('@').next().map(str::to_owned);
        }),
        Act::Tag { name, label } => write(world, &incident(name)?, &by, |write| write.labels.push(label.clone())),
        Act::Comment { name, message } => {
            let (incident, id) = (incident(name)?, world.new_guid().to_string());
            let write = CommentWrite { message: message.clone(), etag: None };
            world.write_comment(FIRST, &incident, &id, write, &by).map(|_| ())
        }
    }
}

/// Writes an incident with a change.
fn write(world: &mut World, name: &str, by: &Actor, change: impl FnOnce(&mut IncidentWrite)) -> Result<(), Refused> {
    let mut write = IncidentWrite::same(world.incident(name).ok_or(Refused::NotFound)?);
    change(&mut write);
    world.write_incident(name, write, None, by).map(|_| ())
}

fn stand(world: &World, name: &str, alert: &AlertRef) -> Option<Stand> {
    let incident = alert.incident_name.as_deref().and_then(|incident| world.incident(incident));
    Some(Stand {
        name: name.to_owned(),
        defender: world.alert_status(&alert.alert_name)?,
        sentinel: world.sentinel_alert_status(&alert.system_alert_id),
        incident: incident.map(|incident| IncidentStand {
            number: incident.number,
            state: incident.state.clone(),
            owner: incident.owner.user_principal_name.clone(),
            labels: incident.labels.iter().map(|label| label.name.clone()).collect(),
            comments: incident.comments_count(),
        }),
    })
}

const ANALYST: &str = "analyst@contoso.com";
