//! What is sent again, when, and what is not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockstep_azure::{Cause, Fault, OnWait, Options, Patience, Question, Side};
use lockstep_core::{AlertPlace, Preset};
use tokio::time::{Instant, sleep};

use crate::script::{GUID, Said, Script, id, incident, said, secret, silence, throttled};

/// Reads an incident from services that say `script`, and compares when they were asked and what came of it.
async fn check(script: Vec<Said>, expected: &[u64], outcome: &str) {
    let script = Script::of(script);
    let result = script.workspace(secret(), Options::default()).incident(&id()).await;
    let found = result.map_or_else(|error| error.to_string(), |incident| format!("incident {}", incident.number));
    assert!(found.contains(outcome), "{found}");
    assert_eq!(script.times(), expected, "{found}");
}

#[tokio::test(start_paused = true)]
async fn i11_nothing_is_sent_before_the_time_that_the_service_named() {
    check(vec![throttled(Some("30")), incident()], &[0, 30], "incident 1").await;
    check(vec![throttled(Some("30")), throttled(Some("7")), incident()], &[0, 30, 37], "incident 1").await;
    check(vec![throttled(Some("0")), incident()], &[0, 1], "incident 1").await;
    check(vec![throttled(None), throttled(None), incident()], &[0, 1, 3], "incident 1").await;
    let date = vec![("date", "Fri, 01 Jan 2021 00:00:00 GMT"), ("retry-after", "Fri, 01 Jan 2021 00:01:00 GMT")];
    check(vec![Said(429, date, String::new()), incident()], &[0, 60], "incident 1").await;
}

#[tokio::test(start_paused = true)]
async fn i11_a_storm_of_throttles_ends() {
    check(vec![throttled(Some("86400"))], &[0], "throttled; it wants to be left alone for 86400 s").await;
    check(vec![throttled(Some("500"))], &[0, 500, 1000, 1500], "left alone for 500 s").await;
    check(vec![throttled(Some("1"))], &[0, 1, 3, 7, 15, 31], "left alone for 32 s").await;
}

#[tokio::test(start_paused = true)]
async fn failures_that_may_pass_are_asked_again_a_few_times() {
    check(vec![said(503, ""), incident()], &[0, 1], "incident 1").await;
    check(vec![Said(503, vec![("retry-after", "20")], String::new()), incident()], &[0, 20], "incident 1").await;
    check(vec![said(500, "")], &[0, 1, 3, 7], "reading an incident failed at Microsoft Sentinel: failed with 500")
        .await;
    check(vec![said(501, "")], &[0], "failed with 501").await;
    check(vec![said(404, r#"{"error":{"code":"NotFound","message":"gone"}}"#)], &[0], "not found (NotFound)").await;
    check(vec![said(400, "")], &[0], "refused with 400").await;
    check(vec![said(200, "{")], &[0], "the answer cannot be read: the JSON ends too early").await;
    check(vec![Said(307, vec![("location", "https://evil.example/")], String::new())], &[0], "https://evil.example/")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_says_nothing_is_given_up() {
    check(vec![silence()], &[0, 76, 153, 232], "no whole answer came").await;
    check(vec![silence(), incident()], &[0, 76], "incident 1").await;
}

#[tokio::test(start_paused = true)]
async fn a_query_that_takes_too_long_is_tried_twice() {
    let check = async |said: Said, expected: &[u64]| {
        let script = Script::of([said]);
        let question = Question::new(&Preset::Seed.policy());
        script.workspace(secret(), Options::default()).sightings(&question).await.unwrap_err();
        assert_eq!(script.times(), expected);
    };
    check(said(504, ""), &[0, 1]).await;
    check(silence(), &[0, 201]).await;
    check(said(503, ""), &[0, 1, 3, 7]).await;
}

#[tokio::test(start_paused = true)]
async fn defender_is_left_alone_as_long_as_microsofts_own_script_does() {
    let alert = said(200, r#"{"name":"1_x","properties":{"status":"Resolved"}}"#);
    let script = Script::of([throttled(None), alert]);
    let place = AlertPlace::new(GUID, None, "westeurope", "1_x").unwrap();
    script.workspace(secret(), Options::default()).alert(&place).await.unwrap();
    assert_eq!(script.times(), [0, 360]);
}

#[tokio::test(start_paused = true)]
async fn every_wait_is_told_before_it_begins() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let on_wait = OnWait::tell(move |wait| heard.lock().unwrap().push(*wait));
    let script = Script::of([throttled(Some("30")), said(503, ""), incident()]);
    script.workspace(secret(), Options { on_wait, ..Options::default() }).incident(&id()).await.unwrap();
    let told = told.lock().unwrap();
    let told: Vec<_> = told.iter().map(|it| (it.side, it.cause, it.asked, it.wait.as_secs(), it.attempt)).collect();
    let asked = Some(Duration::from_secs(30));
    assert_eq!(
        told,
        [(Side::Sentinel, Cause::Throttled, asked, 30, 1), (Side::Sentinel, Cause::Failed(503), None, 2, 2)]
    );
}

#[tokio::test(start_paused = true)]
async fn i11_what_one_request_was_told_holds_for_the_others_too() {
    let script = Script::of([throttled(Some("100")), incident()]);
    let workspace = script.workspace(secret(), Options::default());
    let later = async {
        sleep(Duration::from_secs(10)).await;
        workspace.incident(&id()).await
    };
    let wanted = id();
    let (first, second) = tokio::join!(workspace.incident(&wanted), later);
    first.and(second).unwrap();
    assert_eq!(script.times(), [0, 100, 100]);
}

#[tokio::test(start_paused = true)]
async fn patience_can_be_short() {
    let patience = Patience { longest: Duration::from_secs(5), total: Duration::from_secs(5) };
    let script = Script::of([throttled(Some("30"))]);
    let workspace = script.workspace(secret(), Options { patience, ..Options::default() });
    let began = Instant::now();
    for left in [30, 30] {
        let error = workspace.incident(&id()).await.unwrap_err();
        assert_eq!(error.fault, Fault::Throttled { retry_after: Duration::from_secs(left) });
    }
    assert_eq!((script.times(), began.elapsed().as_secs()), (vec![0], 0));
    sleep(Duration::from_secs(30)).await;
    workspace.incident(&id()).await.unwrap_err();
    assert_eq!(script.times(), [0, 30]);
}
