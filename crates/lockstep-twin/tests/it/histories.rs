//! Any history: what the tables tell in the end is what ARM says, and limits hold.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_twin::world::{
    Actor, AlertRef, AlertStatus, Classification, Closing, IncidentState, NewAlert, Portal, Settings, World,
};
use proptest::prelude::*;

use crate::cloud::Cloud;

#[derive(Clone, Copy, Debug)]
pub enum Act {
    Raise,
    Join(usize),
    Set(usize, usize),
    Activate(usize),
    Close(usize),
    Relate(usize, usize),
    Merge(usize, usize),
    Delete(usize),
    Pass(u64),
}

pub fn act() -> impl Strategy<Value = Act> {
    let any = 0_usize..8;
    prop_oneof![
        3 => Just(Act::Raise),
        1 => any.clone().prop_map(Act::Join),
        4 => (any.clone(), 0_usize..4).prop_map(|(alert, status)| Act::Set(alert, status)),
        2 => any.clone().prop_map(Act::Activate),
        2 => any.clone().prop_map(Act::Close),
        1 => (any.clone(), any.clone()).prop_map(|(alert, incident)| Act::Relate(alert, incident)),
        1 => (any.clone(), any.clone()).prop_map(|(from, into)| Act::Merge(from, into)),
        1 => any.prop_map(Act::Delete),
        2 => (1_u64..400).prop_map(Act::Pass),
    ]
}

/// Does what can be done; what the service refuses is left.
pub fn play(world: &mut World, alerts: &mut Vec<AlertRef>, act: Act) {
    let by = Actor::person("ada@contoso.com");
    let alert = |at: usize| alerts.get(at % alerts.len().max(1)).cloned();
    let incident = |at: usize| alert(at).and_then(|alert| alert.incident_name);
    match act {
        Act::Raise => alerts.push(world.raise_alert(NewAlert::default())),
        Act::Join(at) => alerts.push(world.raise_alert(NewAlert { incident: incident(at), ..NewAlert::default() })),
        Act::Set(at, status) => {
            alert(at).map(|alert| world.set_alert_status(&alert.alert_name, AlertStatus::ALL[status]));
        }
        Act::Activate(at) => _ = incident(at).map(|name| world.activate_incident(&name, &by)),
        Act::Close(at) => {
            let closing = Closing { classification: Classification::Undetermined, reason: None, comment: None };
            incident(at).map(|name| world.close_incident(&name, closing, &by));
        }
        Act::Relate(at, into) => {
            let both = alert(at).zip(incident(into));
            both.map(|(alert, name)| world.relate_alert(&name, &alert.system_alert_id, None, &by));
        }
        Act::Merge(from, into) => {
            let both = incident(from).zip(incident(into));
            both.map(|(from, into)| world.merge_incidents(&from, &into));
        }
        Act::Delete(at) => _ = incident(at).map(|name| world.delete_incident(&name)),
        Act::Pass(_) => {}
    }
}

async fn newest(cloud: &Cloud, query: &str) -> BTreeMap<String, String> {
    let reply = cloud.query(query).await;
    let rows = reply.json()["tables"][0]["rows"].as_array().unwrap_or_else(|| panic!("{}", reply.text)).clone();
    let text = |cell: &serde_json::Value| cell.as_str().unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(&row[0]), text(&row[1]))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn in_the_end_the_tables_tell_what_arm_says(
        acts in prop::collection::vec(act(), 1..40),
        defender in any::<bool>(),
        seed in any::<u64>(),
        jitter in 0_u64..60,
    ) {
        let portal = if defender { Portal::Defender } else { Portal::Azure };
        let jitter = Duration::from_secs(jitter);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut twins = Vec::new();
            for _ in 0..2 {
                let cloud = Cloud::with(Settings { portal, seed, jitter, duplicate_rows: 0.2, ..Settings::default() }).await;
                let mut alerts = Vec::new();
                let mut passed = 0;
                for act in acts.iter().copied() {
                    if let Act::Pass(seconds) = act && passed + seconds < 3000 {
                        passed += seconds;
                        cloud.twin.clock().step(Duration::from_secs(seconds));
                    }
                    cloud.twin.with(|world| play(world, &mut alerts, act));
                }
                cloud.twin.clock().step(Duration::from_secs(500));
                let told = newest(&cloud, "SecurityAlert | summarize arg_max(TimeGenerated, Status) by SystemAlertId | project SystemAlertId, Status").await;
                let said: BTreeMap<String, String> = cloud.twin.world().alerts()
                    .map(|alert| (alert.system_alert_id.clone(), alert.status.in_sentinel().as_str().to_owned()))
                    .collect();
                assert_eq!(told, said);
                let told = newest(&cloud, "SecurityIncident | summarize arg_max(TimeGenerated, Status, AlertIds) by IncidentName | project IncidentName, strcat(Status, array_length(AlertIds))").await;
                for incident in cloud.twin.world().incidents() {
                    let mut ids = incident.alert_ids.clone();
                    ids.sort();
                    ids.dedup();
                    assert!(ids.len() == incident.alert_ids.len() && ids.len() <= 150, "{incident:?}");
                    let said = format!("{}{}", incident.state.status().as_str(), ids.len());
                    assert_eq!(told.get(&incident.name), Some(&said), "{}", incident.name);
                    let redirected = incident.labels.iter().any(|label| label.name == "Redirected");
                    assert_eq!(redirected, incident.merged_into.is_some());
                    assert!(!redirected || matches!(incident.state, IncidentState::Closed(_)) || !defender || touched(&acts));
                }
                let tables = ["SecurityAlert", "SecurityIncident", "AzureActivity"];
                let rows = tables.map(|table| cloud.twin.with(|world| world.rows(table)));
                let dump = cloud.query("union SecurityAlert, SecurityIncident, AzureActivity | extend Came = ingestion_time()").await.text;
                twins.push((rows, dump));
            }
            assert_eq!(twins[0], twins[1], "one seed and one history, one world");
        });
    }
}

/// Whether anybody may have reopened what was merged.
fn touched(acts: &[Act]) -> bool {
    acts.iter().any(|act| matches!(act, Act::Activate(_)))
}
