//! I10: what our own clock says changes nothing. It only says when a pass begins.

use std::time::Duration;

use lockstep_core::{Brake, Limits, Policy, Preset, Time};
use lockstep_engine::{Clock, Engine};
use lockstep_twin::world::AlertStatus;

use crate::tenant::{Tenant, left, outcomes, pass};

const HOUR: i64 = 3_600 * Time::TICKS_PER_SECOND;

/// What four passes come to, each by another process whose clock is off by so many hours: three closings of which the brake lets
/// two through in an hour, an analyst's word, and a further closing once the hour is over.
async fn told(clocks: [i64; 4]) -> Vec<String> {
    let tenant = Tenant::new();
    let start = i64::try_from(tenant.twin.clock().now().unix_timestamp_nanos() / 100).unwrap();
    let brake = match Preset::Seed.policy().brake {
        Brake::On(limits) => Brake::On(Limits { workspace_hour: Some(2), ..limits }),
        Brake::Off => panic!("the preset has a brake"),
    };
    let policy = Policy { brake, ..Preset::Seed.policy() };
    let alerts: Vec<_> = (0..3).map(|_| tenant.raised_as(AlertStatus::Dismissed)).collect();
    let mut told = Vec::new();
    for (number, off) in clocks.into_iter().enumerate() {
        let engine = tenant.engine_under(policy.clone()).await;
        let engine = Engine { clock: Clock::starting_at(Time::from_ticks(start + off * HOUR)), ..engine };
        let pass = pass(&engine).await.unwrap();
        let stand = alerts.iter().map(|alert| tenant.incident(alert)).collect::<Vec<_>>().join(", ");
        told.push(format!("{:?} {:?} {stand}", outcomes(&pass), left(&pass)));
        drop(engine);
        tokio::time::advance(Duration::from_secs(60)).await;
        if number == 1 {
            tenant.analyst(&alerts[0], |world, name, by| world.activate_incident(name, by).unwrap());
        }
        if number == 2 {
            tokio::time::advance(Duration::from_secs(3_600)).await;
        }
    }
    told
}

#[tokio::test(start_paused = true)]
pub async fn i10_a_clock_that_is_off_or_jumps_changes_no_decision() {
    let right = told([0, 0, 0, 0]).await;
    assert!(right[1] != right[3], "the brake lets the third through when the hour is over: {right:?}");
    for clocks in [[24; 4], [-24; 4], [0, 24, -24, 0], [24, -24, 24, -24], [0, 1, 2, 3]] {
        assert_eq!(told(clocks).await, right, "the clocks are off by {clocks:?} hours");
    }
}
