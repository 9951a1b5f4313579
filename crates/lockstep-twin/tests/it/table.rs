//! The article's table of behaviour, row by row: who acts, and what the three sides say after.

use lockstep_twin::world::{
    Actor, AlertRef, AlertStatus, Classification, Closing, IncidentStatus, NewAlert, Reason, Settings, World,
};

use crate::cloud::Cloud;

#[tokio::test]
async fn each_act_changes_what_the_article_says_and_nothing_else() {
    check("new alert", |_, _| {}, "Active / New / New").await;
    check(
        "owner sets the alert in progress",
        |world, alert| owner(world, alert, AlertStatus::InProgress),
        "InProgress / InProgress / New",
    )
    .await;
    check(
        "owner dismisses the alert",
        |world, alert| owner(world, alert, AlertStatus::Dismissed),
        "Dismissed / Dismissed / New",
    )
    .await;
    check(
        "owner resolves the alert",
        |world, alert| owner(world, alert, AlertStatus::Resolved),
        "Resolved / Resolved / New",
    )
    .await;
    check("analyst sets the incident active", activate, "Active / New / Active").await;
    check("analyst closes the incident", close, "Resolved / Resolved / Closed").await;
}

#[tokio::test]
async fn each_act_appends_the_rows_the_article_says() {
    let none = |_: &mut World, _: &AlertRef| {};
    rows("new alert", none, "SecurityAlert 1, SecurityIncident 1").await;
    rows(
        "owner dismisses",
        |world, alert| owner(world, alert, AlertStatus::Dismissed),
        "SecurityAlert 2, SecurityIncident 1",
    )
    .await;
    rows(
        "owner dismisses twice",
        |world, alert| {
            owner(world, alert, AlertStatus::Dismissed);
            owner(world, alert, AlertStatus::Dismissed);
        },
        "SecurityAlert 2, SecurityIncident 1",
    )
    .await;
    rows("analyst sets active", activate, "SecurityAlert 1, SecurityIncident 2").await;
    rows("analyst closes", close, "SecurityAlert 2, SecurityIncident 2").await;
}

#[tokio::test]
async fn a_finished_alert_stays_when_its_incident_is_closed_unless_the_switch_says_otherwise() {
    let cloud = Cloud::new().await;
    let act = |world: &mut World, alert: &AlertRef| {
        owner(world, alert, AlertStatus::Dismissed);
        close(world, alert);
    };
    assert_eq!(after(&cloud, act), "Dismissed / Dismissed / Closed");
    let settings = Settings { finished_alert: lockstep_twin::world::FinishedAlert::Resolved, ..Settings::default() };
    assert_eq!(after(&Cloud::with(settings).await, act), "Resolved / Resolved / Closed");
    let settings = Settings { bidirectional_sync: false, ..Settings::default() };
    assert_eq!(after(&Cloud::with(settings).await, close), "Active / New / Closed");
}

#[tokio::test]
async fn a_row_is_seen_after_the_delay_and_not_before() {
    let delay = std::time::Duration::from_secs(120);
    let cloud = Cloud::with(Settings { delay, ..Settings::default() }).await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    assert_eq!(cloud.twin.with(|world| world.sentinel_alert_status(&alert.system_alert_id)), None);
    cloud.twin.clock().step(delay);
    let seen = cloud.twin.with(|world| world.sentinel_alert_status(&alert.system_alert_id));
    assert_eq!(seen.map(lockstep_twin::world::SentinelStatus::as_str), Some("New"));
}

async fn check(row: &str, act: impl Fn(&mut World, &AlertRef), expected: &str) {
    let cloud = Cloud::new().await;
    assert_eq!(after(&cloud, act), expected, "{row}");
}

async fn rows(row: &str, act: impl Fn(&mut World, &AlertRef), expected: &str) {
    let cloud = Cloud::new().await;
    after(&cloud, act);
    let mut counts = Vec::new();
    for table in ["SecurityAlert", "SecurityIncident"] {
        counts.push(format!("{table} {}", cloud.twin.with(|world| world.rows(table)).unwrap()));
    }
    assert_eq!(counts.join(", "), expected, "{row}");
}

/// The three sides after a new alert and the act.
fn after(cloud: &Cloud, act: impl Fn(&mut World, &AlertRef)) -> String {
    cloud.twin.with(|world| {
        let alert = world.raise_alert(NewAlert::default());
        act(world, &alert);
        let defender = world.alert_status(&alert.alert_name).unwrap();
        let sentinel = world.sentinel_alert_status(&alert.system_alert_id).unwrap();
        let incident = world.incident_state(alert.incident_name.as_deref().unwrap()).unwrap();
        format!("{} / {} / {}", defender.as_str(), sentinel.as_str(), IncidentStatus::as_str(incident.status()))
    })
}

fn owner(world: &mut World, alert: &AlertRef, status: AlertStatus) {
    world.set_alert_status(&alert.alert_name, status).unwrap();
}

fn activate(world: &mut World, alert: &AlertRef) {
    world.activate_incident(alert.incident_name.as_deref().unwrap(), &analyst()).unwrap();
}

fn close(world: &mut World, alert: &AlertRef) {
    let closing = Closing {
        classification: Classification::TruePositive,
        reason: Some(Reason::SuspiciousActivity),
        comment: None,
    };
    world.close_incident(alert.incident_name.as_deref().unwrap(), closing, &analyst()).unwrap();
}

fn analyst() -> Actor {
    Actor::person("ada@contoso.com")
}

/// What is left to do is counted from the state of the world; the tables must tell the same.
#[tokio::test]
async fn what_is_left_to_do_is_what_a_query_finds() {
    let query = r#"
        SecurityIncident
        | where TimeGenerated > ago(30d) and AdditionalData.alertProductNames has "Azure Security Center"
        | summarize arg_max(TimeGenerated, *) by IncidentNumber
        | where Status != "Closed"
        | mv-expand AlertId = AlertIds to typeof(string)
        | join kind=inner (SecurityAlert | summarize arg_max(TimeGenerated, *) by SystemAlertId
            | project AlertId = SystemAlertId, AlertStatus = Status) on AlertId
        | summarize Found = make_set(AlertStatus) by IncidentName, Status
        | where not(set_has_element(Found, "New")) and not(set_has_element(Found, "InProgress") and array_length(Found) > 1)
        | where not(set_has_element(Found, "InProgress") and Status == "Active")
        | count"#;
    let cloud = Cloud::new().await;
    let alerts: Vec<AlertRef> =
        cloud.twin.with(|world| (0..8).map(|_| world.raise_alert(NewAlert::default())).collect());
    let mut draw = 1_u64;
    for step in 0..60 {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let alert = &alerts[(draw >> 33) as usize % alerts.len()];
        cloud.twin.with(|world| match (draw >> 40) % 6 {
            0 => owner(world, alert, AlertStatus::Active),
            1 => owner(world, alert, AlertStatus::InProgress),
            2 => owner(world, alert, AlertStatus::Dismissed),
            3 => owner(world, alert, AlertStatus::Resolved),
            4 => activate(world, alert),
            _ if step % 3 == 0 => close(world, alert),
            _ => {}
        });
        let reply = cloud.query(query).await;
        assert_eq!(reply.json()["tables"][0]["rows"][0][0], cloud.twin.stats().to_do, "step {step}: {}", reply.text);
    }
}
