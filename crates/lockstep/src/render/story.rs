//! What a story shows, scene by scene.

use lockstep_twin::story::{IncidentStand, Scene, Stand};
use lockstep_twin::world::IncidentState;

use super::Screen;
use super::safe::safe;

/// One scene: the act, and under it where every alert and its incident stand.
pub fn scene(scene: &Scene, screen: &mut Screen) {
    screen.line(&format!("{:>3}  {}  {}", scene.line, time(scene), safe(&scene.says)));
    let width = scene.stands.iter().map(|stand| stand.name.chars().count()).max().unwrap_or_default();
    for stand in &scene.stands {
        let Stand { name, defender, sentinel, incident } = stand;
        let row = sentinel.map_or("none", |status| status.as_str());
        let incident = incident.as_ref().map_or_else(|| "no incident".to_owned(), told);
        let name = format!("{:<width$}", safe(name));
        screen.line(&format!("     {name}  Defender {:<10}  row {row:<10}  {incident}", defender.as_str()));
    }
}

fn time(scene: &Scene) -> String {
    let (hour, minute, second) = scene.at.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}", scene.at.date())
}

fn told(incident: &IncidentStand) -> String {
    let IncidentStand { number, state, owner, labels, comments } = incident;
    let mut told = format!("incident {number} {}", state.status().as_str());
    if let IncidentState::Closed(closing) = state {
        told += &format!(" as {}", closing.classification.as_str());
        told += &closing.reason.map_or_else(String::new, |reason| format!(" - {}", reason.as_str()));
    }
    if let Some(owner) = owner {
        told += &format!(", of {}", safe(owner));
    }
    if !labels.is_empty() {
        told += &format!(", tagged {}", safe(&labels.join(", ")));
    }
    if *comments > 0 {
        told += &format!(", comments: {comments}");
    }
    told
}
