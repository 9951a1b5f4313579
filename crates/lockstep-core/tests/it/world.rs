//! Incidents and alerts written in a line, for the tables of the other modules.
//!
//! `New | Dismissed Resolved | ..`: the incident's status, its alerts by state, and whatever the table adds.

use lockstep_core::{
    Alert, AlertId, AlertPlace, AlertState, Classification, Closing, Confirmed, Incident, IncidentId, IncidentState,
    Severity, Time, Version,
};

/// An incident in a state, with alerts in states; each alert is a word, `foreign:` before it makes it another product's.
pub fn incident(status: &str, alerts: &str) -> Incident {
    Incident {
        id: IncidentId::parse("7c1a5e08-0000-4000-8000-000000000001").expect("a GUID"),
        number: 1,
        title: "Suspicious process executed".into(),
        severity: Severity::High,
        state: incident_state(status),
        labels: Vec::new(),
        created: Time::from_ticks(0),
        modified: None,
        owner: None,
        comments: None,
        acted: None,
        set_by: None,
        closed: None,
        alerts: alerts.split_whitespace().enumerate().map(|(at, word)| alert(at, word)).collect(),
    }
}

/// The incident, confirmed by fresh reads that show nothing in the way.
pub fn confirmed(incident: Incident) -> Confirmed {
    Confirmed {
        alerts_count: incident.alerts.len() as u64,
        bookmarks_count: 0,
        open_tasks: Some(0),
        products: vec!["Azure Security Center".into()],
        version: Version("\"1\"".into()),
        at: Time::from_ticks(86_400 * Time::TICKS_PER_SECOND),
        approved: false,
        incident,
    }
}

pub fn incident_state(word: &str) -> IncidentState {
    match word {
        "New" => IncidentState::New,
        "Active" => IncidentState::Active,
        "Closed" => IncidentState::Closed(Some(Closing {
            classification: Classification::Undetermined,
            comment: String::new(),
        })),
        other => IncidentState::Other(other.into()),
    }
}

fn alert(at: usize, word: &str) -> Alert {
    let (product, word) = match word.strip_prefix("foreign:") {
        Some(word) => ("Azure Security Center for IoT", word),
        None if word == "Missing" => ("", word),
        None => ("Azure Security Center", word),
    };
    let guid = format!("7c1a5e08-0000-4000-8000-000000001{at:03}");
    Alert {
        place: AlertPlace::new(&guid, Some("rg-shop"), "westeurope", &format!("2518301663999999999_{guid}")),
        id: AlertId::parse(&guid).expect("a GUID"),
        state: alert_state(word),
        product: product.into(),
        title: format!("Alert {at}"),
        kind: String::new(),
        raised: None,
        moved: None,
        elsewhere: Vec::new(),
        synced: None,
    }
}

pub fn alert_state(word: &str) -> AlertState {
    match word {
        "New" => AlertState::New,
        "InProgress" => AlertState::InProgress,
        "Dismissed" => AlertState::Dismissed,
        "Resolved" => AlertState::Resolved,
        "Missing" => AlertState::Missing,
        "Unread" => AlertState::Unread,
        other => AlertState::Unknown(other.into()),
    }
}
