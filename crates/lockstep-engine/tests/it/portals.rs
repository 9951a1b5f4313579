//! The invariants once more, in the Defender portal. By themselves their tests play in the Azure portal.
//!
//! Each runs on its own thread as it stands; only the twin's switch differs. What cannot hold there is in
//! docs/guide/defender-portal.md.

use std::cell::Cell;
use std::time::Duration;

use lockstep_twin::world::{AlertStatus, Portal, Settings};

use crate::tenant::{Tenant, pass};

thread_local! {
    static PORTAL: Cell<Portal> = const { Cell::new(Portal::Azure) };
}

/// Which portal the tenants of this thread are in.
pub fn portal() -> Portal {
    PORTAL.get()
}

macro_rules! in_the_defender_portal {
    ($($module:ident: $($name:ident),+;)+) => {
        $(mod $module {
            $(#[test]
            fn $name() {
                super::PORTAL.set(lockstep_twin::world::Portal::Defender);
                crate::$module::$name();
            })+
        })+
    };
}

in_the_defender_portal! {
    answers: i04_a_hold_is_one_comment_and_one_tag,
        i20_a_person_who_acts_after_the_yes_takes_it_back,
        i09_a_tag_takes_back_what_was_last_written_once,
        i06_a_note_that_nobody_heard_of_is_settled_by_its_tag;
    brake: i15_nobody_closes_more_than_twenty_an_hour_by_dismissing,
        i15_a_thousand_dismissals_are_stopped_before_the_fifty_first_is_followed,
        i15_raising_goes_on_while_the_brake_holds,
        i15_what_is_released_is_exactly_what_was_shown,
        i15_a_subscription_that_floods_does_not_stop_the_others,
        i15_a_change_that_waits_costs_no_reads;
    crashes: i06_an_apply_may_crash_at_every_await;
    direct: i01_reads_that_grew_older_than_15_seconds_are_read_again,
        i01_after_any_wait_both_sides_are_read_again,
        i01_a_throttled_write_is_read_for_again,
        i14_a_list_of_incidents_that_is_not_whole_stops_the_pass,
        i14_a_list_of_alerts_that_is_not_whole_leaves_its_incidents_alone,
        i03_an_alert_that_is_not_in_its_list_is_missing,
        i20_whoever_acted_on_an_incident_since_is_respected;
    faults: i06_a_write_whose_answer_is_lost_is_settled_by_reading_and_not_sent_again,
        i06_a_write_that_never_arrived_is_settled_by_reading_and_decided_again,
        i06_a_crash_between_intent_and_outcome_is_settled_by_the_next_start,
        i12_nothing_is_written_where_the_query_gives_no_whole_answer,
        i13_without_the_right_to_query_the_pass_names_it,
        i12_an_alert_that_cannot_be_read_keeps_its_incident_and_no_other_from_closing,
        i13_a_missing_right_to_read_is_named,
        i14_an_incident_that_vanished_is_left_alone,
        i13_a_missing_right_to_write_ends_the_writing,
        i11_a_throttled_write_waits_as_long_as_it_was_told;
    guards: i01_an_analyst_who_writes_between_read_and_write_is_not_overwritten,
        i01_a_write_that_does_not_matter_is_decided_over_and_kept,
        i02_an_incident_that_an_analyst_reopened_stays_open_until_its_alert_moves_again,
        i07_a_late_row_proposes_and_the_fresh_read_disposes,
        i03_an_incident_with_two_alerts_closes_once_both_are_finished,
        i02_the_products_own_echo_is_not_followed,
        i08_one_ledger_serves_one_instance;
    manners: i11_no_analyst_is_throttled_by_a_mass_close;
    movers: i20_a_dismissal_by_somebody_whom_the_log_names_is_followed,
        i20_what_an_application_did_is_no_act_of_a_person,
        i20_a_dismissal_that_the_log_does_not_tell_of_yet_waits,
        i20_a_log_that_may_not_be_read_is_no_ground,
        i20_a_hasty_dismissal_waits;
    passes: i05_each_row_of_the_table_ends_in_step,
        i06_every_write_has_an_earlier_intent,
        i17_every_incident_is_counted_or_judged;
    planned: i06_a_plan_that_was_cut_short_goes_on_where_it_was,
        i15_only_a_plan_that_a_person_approved_goes_past_the_brake;
    three_way: i02_an_alert_born_and_dismissed_between_two_passes_is_followed,
        i20_closing_one_incident_of_an_alert_closes_no_other,
        i20_an_analysts_act_after_the_owners_keeps_an_incident_open_in_seed_too,
        i20_a_high_severity_waits_for_an_approval_and_the_plan_shows_what_it_would_be,
        i06_a_lost_answer_to_an_act_is_settled_by_reading_the_alert;
    undo: i09_an_undo_restores_what_is_still_as_it_was_left,
        i09_what_somebody_changed_since_stays_as_they_left_it,
        i09_an_undo_leaves_every_other_field_alone,
        i09_what_was_undone_is_followed_again_once_its_alert_moves,
        i09_one_incident_of_a_run_can_be_taken_back_alone,
        i09_a_pruned_entry_is_not_taken_back;
    watch: i12_a_watch_survives_an_outage;
}

#[tokio::test(start_paused = true)]
async fn i05_what_is_gathered_for_minutes_is_followed_when_its_row_has_come() {
    let tenant = Tenant::with(Settings { portal: Portal::Defender, ..Settings::default() });
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "New", "its first row comes five minutes after it");
    tokio::time::advance(Duration::from_secs(301)).await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
    // Reopened and taken by an analyst before the row of our closing has come: one row tells of all of it.
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    for _ in 0..4 {
        tokio::time::advance(Duration::from_secs(200)).await;
        pass(&engine).await.unwrap();
        assert_eq!(tenant.incident(&alert), "Active");
    }
    assert_eq!(tenant.twin.stats().of("Incidents_CreateOrUpdate"), 1);
}

#[test]
fn a_tenant_is_in_the_portal_of_its_thread() {
    let of = |portal: Portal| {
        PORTAL.set(portal);
        let tenant = Tenant::new();
        tenant.twin.world().settings().portal
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        assert_eq!((of(Portal::Azure), of(Portal::Defender)), (Portal::Azure, Portal::Defender));
    });
}
