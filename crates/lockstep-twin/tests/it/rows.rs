//! Rows that come late, twice, and in another order than they were written.

use std::time::Duration;

use lockstep_twin::world::{AlertStatus, NewAlert, Settings};
use proptest::prelude::*;

use crate::cloud::Cloud;

/// The times at which the rows of one alert's changes came, in the order of their coming.
async fn came(settings: Settings) -> Vec<String> {
    let cloud = Cloud::with(settings).await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    for step in 0..20 {
        let status = if step % 2 == 0 { AlertStatus::Dismissed } else { AlertStatus::Active };
        cloud.twin.with(|world| world.set_alert_status(&alert.alert_name, status)).unwrap();
        cloud.twin.clock().step(Duration::from_secs(1));
    }
    cloud.twin.clock().step(Duration::from_secs(3500));
    let query = "SecurityAlert | extend Came = ingestion_time() | sort by Came asc, TimeGenerated asc | project Came, TimeGenerated";
    let reply = cloud.query(query).await.json();
    reply["tables"][0]["rows"].as_array().unwrap().iter().map(ToString::to_string).collect()
}

fn generated(rows: &[String]) -> Vec<&str> {
    rows.iter().map(|row| row.split(',').nth(1).unwrap().trim_end_matches("Z\"]")).collect()
}

#[tokio::test]
async fn rows_come_in_order_and_once_unless_a_switch_says_otherwise() {
    let plain = came(Settings::default()).await;
    assert!(plain.len() == 21 && generated(&plain).is_sorted());
    let jitter = Settings { jitter: Duration::from_secs(30), seed: 1, ..Settings::default() };
    let shuffled = came(jitter.clone()).await;
    assert!(shuffled.len() == 21 && !generated(&shuffled).is_sorted());
    assert_eq!(came(jitter.clone()).await, shuffled, "one seed, one order");
    assert_ne!(came(Settings { seed: 2, ..jitter }).await, shuffled);
    let twice = came(Settings { duplicate_rows: 1.0, ..Settings::default() }).await;
    assert_eq!(twice.len(), 42);
    let late = Settings { late_rows: 0.3, lateness: Duration::from_secs(1800), ..Settings::default() };
    let late = came(late).await;
    let behind = late.iter().filter(|row| row.starts_with("[\"2024-06-01T00:3")).count();
    assert!((1..15).contains(&behind), "{behind} of {} came half an hour late", late.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What a query of the newest row by time says is what the world says, however rows come.
    #[test]
    fn the_copy_of_an_alert_is_what_the_newest_row_says(
        acts in prop::collection::vec((0_usize..4, 0_u64..120), 1..25),
        seed in any::<u64>(),
        jitter in 0_u64..300,
        late in 0.0..1.0_f64,
        twice in 0.0..1.0_f64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let cloud = Cloud::with(Settings {
                seed,
                jitter: Duration::from_secs(jitter),
                late_rows: late,
                lateness: Duration::from_secs(400),
                duplicate_rows: twice,
                ..Settings::default()
            })
            .await;
            let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
            for (status, seconds) in acts {
                cloud.twin.with(|world| world.set_alert_status(&alert.alert_name, AlertStatus::ALL[status])).unwrap();
                cloud.twin.clock().step(Duration::from_secs(seconds));
                let rows = cloud.query("SecurityAlert | summarize arg_max(TimeGenerated, Status) by SystemAlertId | project Status").await;
                let told = rows.json()["tables"][0]["rows"][0][0].as_str().map(str::to_owned);
                let copy = cloud.twin.with(|world| world.sentinel_alert_status(&alert.system_alert_id));
                assert_eq!(told, copy.map(|status| status.as_str().to_owned()));
            }
        });
    }
}
