//! Whether the tables are fresh, and whether they say what the services say.

use lockstep_core::Time;

use super::check::{Asked, Check, Mend};
use super::facts::Facts;

pub fn checks(facts: &Facts) -> Vec<Check> {
    let incidents = Asked::new("freshness", "when the newest row came in", LATE).about("SecurityIncident");
    let alerts = Asked::new("freshness", "when the newest row came in", LATE).about("SecurityAlert");
    vec![
        match &facts.incidents {
            Err(error) => incidents.unread(error),
            Ok(survey) => fresh(incidents, survey.asked, survey.ingested, survey.incidents),
        },
        match &facts.alerts {
            Err(error) => alerts.unread(error),
            Ok(survey) if survey.alerts > 0 && survey.defender == 0 => alerts.warning(
                format!("{} alerts in 30 days, none of them of Defender for Cloud", survey.alerts),
                Mend::Do("see the lines about the connector and the plans".to_owned()),
            ),
            Ok(survey) => fresh(alerts, survey.asked, survey.defender_ingested, survey.defender),
        },
        agreement(facts),
    ]
}

fn fresh(check: Asked, asked: Time, ingested: Option<Time>, rows: u64) -> Check {
    let Some(ingested) = ingested else {
        return check.warning(
            format!("{rows} rows in 30 days, and none says when it came in"),
            Mend::Do("raise a sample alert: Defender for Cloud > Security alerts > Sample alerts".to_owned()),
        );
    };
    let age = asked.seconds_since(ingested);
    let found = format!("{} ago, of {rows} in 30 days", in_words(age));
    if age > QUIET { check.warning(format!("{found}: nothing came in for a week"), None) } else { check.ok(found) }
}

fn agreement(facts: &Facts) -> Check {
    let check = Asked::new(
        "agreement",
        "a few incidents through the table and through Resource Manager",
        "a table that says something else than the service would propose the wrong incidents",
    );
    if let Err(error) = &facts.incidents {
        return check.unread(error);
    }
    let (mut same, mut behind, mut unread, mut apart) = (0, 0, None, Vec::new());
    for (sampled, fresh) in &facts.sample {
        match fresh {
            Err(error) => unread = Some(error),
            Ok(fresh) if word(&fresh.state.to_string()).eq_ignore_ascii_case(&sampled.status) => same += 1,
            // The table is minutes behind by nature.
            Ok(fresh) if fresh.modified > sampled.modified => behind += 1,
            Ok(fresh) => apart.push(format!(
                "{} is {} in the table and {} at the service",
                fresh.number, sampled.status, fresh.state
            )),
        }
    }
    match (apart.as_slice(), unread) {
        ([first, ..], _) => check.failed(
            format!("{} of {} disagree: incident {first}", apart.len(), facts.sample.len()),
            Mend::Do("run again in ten minutes; if it stays, ask Microsoft's support about the table".to_owned()),
        ),
        ([], Some(error)) => check.unread(error),
        ([], None) if facts.sample.is_empty() => check.unknown("there was no incident in 30 days", None),
        ([], None) if behind > 0 => check.ok(format!("{same} agree, the table is behind for {behind}")),
        ([], None) => check.ok(format!("{same} agree")),
    }
}

/// The status of `Closed (BenignPositive ..)`.
fn word(state: &str) -> &str {
    state.split(' ').next().unwrap_or_default()
}

fn in_words(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

const LATE: &str =
    "what is not in the tables is not proposed; a table that stands still looks like one with nothing to do";

/// A week.
const QUIET: u64 = 7 * 86_400;
