//! What the cloud keeps in step by itself, and, as important, what it leaves alone.
//!
//! Each row says when it applies, what it does in the world, and how we know. The world announces what happened; every
//! row for that event is played in order. That nothing else happens is the gap that this product exists for.

use crate::world::{Event, Happened, Play, World};

/// One thing that the cloud does, or is known not to do, after an event.
pub struct Rule {
    /// A short name, for switches and documents.
    pub name: &'static str,
    /// When it applies.
    pub when: Event,
    /// What it does, in a sentence.
    pub says: &'static str,
    /// How we know.
    pub evidence: Evidence,
    pub(crate) play: Play,
}

/// How a rule of the cloud is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The vendor says so; this is where.
    Documented(&'static str),
    /// Somebody saw it; this is who and where.
    Observed(&'static str),
    /// Nobody we know of has seen it either way; this is why we think so.
    Assumed(&'static str),
}

/// Every rule, in the order of play.
pub const RULES: &[Rule] = &[
    Rule {
        name: "alert-row-on-raise",
        when: Event::AlertRaised,
        says: "A new Defender for Cloud alert is written to SecurityAlert with status New.",
        evidence: Evidence::Observed(ARTICLE),
        play: World::alert_row,
    },
    Rule {
        name: "activity-event-on-raise",
        when: Event::AlertRaised,
        says: "Defender for Cloud writes an event named activate, of category Security, to the activity log for each new alert.",
        evidence: Evidence::Documented(ACTIVITY_LOG),
        play: World::alert_event,
    },
    Rule {
        name: "incident-creation",
        when: Event::AlertRaised,
        says: "The Microsoft incident creation rule makes one incident for the alert, with its title, description, severity and tactics.",
        evidence: Evidence::Documented(CONNECTOR),
        play: World::create_incident_for_alert,
    },
    Rule {
        name: "alert-joins-incident",
        when: Event::AlertRaised,
        says: "An alert that correlation or grouping puts into an open incident with room for it makes none of its own; into a closed one it is never put.",
        evidence: Evidence::Documented(CORRELATION),
        play: World::leave,
    },
    Rule {
        name: "defender-incident-creation",
        when: Event::AlertRaised,
        says: "In the Defender portal incident creation rules are off, and Microsoft Defender XDR makes the incident; informational alerts of Defender for Cloud do not come.",
        evidence: Evidence::Documented(DEFENDER_PORTAL),
        play: World::create_incident_in_defender,
    },
    Rule {
        name: "suppression",
        when: Event::AlertRaised,
        says: "A suppression rule that fits dismisses a new alert, without anybody's doing.",
        evidence: Evidence::Documented(SUPPRESSION),
        play: World::suppress,
    },
    Rule {
        name: "incident-row-on-creation",
        when: Event::IncidentCreated,
        says: "A new incident is written to SecurityIncident.",
        evidence: Evidence::Documented(INCIDENT_METRICS),
        play: World::incident_row,
    },
    Rule {
        name: "automation-on-creation",
        when: Event::IncidentCreated,
        says: "Automation rules on creation run one after another, by their order, before any on update.",
        evidence: Evidence::Documented(AUTOMATION),
        play: World::await_automation_of_new,
    },
    Rule {
        name: "alert-row-on-change",
        when: Event::AlertChanged,
        says: "A change of the alert's status in Defender for Cloud is written to SecurityAlert.",
        evidence: Evidence::Observed(ARTICLE),
        play: World::alert_row,
    },
    Rule {
        name: "alert-change-leaves-incident",
        when: Event::AlertChanged,
        says: "A change of the alert's status changes no incident: this is the gap.",
        evidence: Evidence::Documented(CONNECTOR),
        play: World::leave,
    },
    Rule {
        name: "incident-row-on-change",
        when: Event::IncidentChanged,
        says: "Each change of an incident is written to SecurityIncident.",
        evidence: Evidence::Documented(INCIDENT_METRICS),
        play: World::incident_row,
    },
    Rule {
        name: "defender-batches-changes",
        when: Event::IncidentChanged,
        says: "In the Defender portal changes of one incident within five minutes become one row, which tells the last; the rows have no Description, and the provider is Microsoft XDR.",
        evidence: Evidence::Documented(DEFENDER_PORTAL),
        play: World::leave,
    },
    Rule {
        name: "automation-on-update",
        when: Event::IncidentChanged,
        says: "Automation rules on update run when status, owner or severity change, or alerts, comments, tags or tactics are added; what a rule did counts too.",
        evidence: Evidence::Documented(AUTOMATION),
        play: World::await_automation_of_changed,
    },
    Rule {
        name: "alert-row-on-incident-change",
        when: Event::IncidentChanged,
        says: "A change of an incident also writes a SecurityAlert row of unchanged status for each of its alerts. Off by default: the article saw none.",
        evidence: Evidence::Observed("OpenCTI-Platform/connectors issue 4335"),
        play: World::alert_rows_of_changed_incident,
    },
    Rule {
        name: "incident-active-leaves-alert",
        when: Event::IncidentActivated,
        says: "Setting an incident active changes nothing at the level of alerts.",
        evidence: Evidence::Observed(ARTICLE),
        play: World::leave,
    },
    Rule {
        name: "incident-close-resolves-alert",
        when: Event::IncidentClosed,
        says: "With bi-directional sync on, closing an incident closes its Defender for Cloud alerts: they become Resolved.",
        evidence: Evidence::Documented(CONNECTOR),
        play: World::resolve_alerts_of_closed_incident,
    },
    Rule {
        name: "other-products-alert-stays",
        when: Event::IncidentClosed,
        says: "Closing an incident changes no alert of another product.",
        evidence: Evidence::Assumed("only Defender for Cloud's connector is documented to have such a sync"),
        play: World::leave,
    },
    Rule {
        name: "defender-close-resolves-active-alerts",
        when: Event::IncidentClosed,
        says: "In the Defender portal closing an incident resolves its alerts that are still active, whatever the subscription's sync says; they are Resolved in Defender for Cloud as well.",
        evidence: Evidence::Documented(DEFENDER_INCIDENTS),
        play: World::resolve_alerts_in_defender,
    },
    Rule {
        name: "finished-alert-stays",
        when: Event::IncidentClosed,
        says: "An alert that is already dismissed or resolved when its incident is closed stays as it is; a switch makes it Resolved instead.",
        evidence: Evidence::Assumed(
            "nobody published what becomes of a dismissed alert; the kinder reading is the default, both are played",
        ),
        play: World::leave,
    },
];

/// Plays every rule for what happened.
pub(crate) fn play(world: &mut World, happened: &Happened) {
    for rule in RULES.iter().filter(|rule| rule.when == happened.event) {
        (rule.play)(world, happened);
    }
}

const ARTICLE: &str = "F. Bader, \"Sync Defender for Cloud alerts with Sentinel incidents\", behaviour summary";
const CONNECTOR: &str = "https://learn.microsoft.com/azure/sentinel/connect-defender-for-cloud";
const ACTIVITY_LOG: &str =
    "https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema#security-alert-category";
const AUTOMATION: &str = "https://learn.microsoft.com/azure/sentinel/automate-incident-handling-with-automation-rules";
const CORRELATION: &str = "https://learn.microsoft.com/unified-secops-platform/alerts-incidents-correlation";
const DEFENDER_INCIDENTS: &str = "https://learn.microsoft.com/defender-xdr/manage-incidents";
const DEFENDER_PORTAL: &str = "https://learn.microsoft.com/azure/sentinel/move-to-defender";
const SUPPRESSION: &str = "https://learn.microsoft.com/azure/defender-for-cloud/alerts-suppression-rules";
const INCIDENT_METRICS: &str = "https://learn.microsoft.com/azure/sentinel/manage-soc-with-incident-metrics";
