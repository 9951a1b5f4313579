//! How entries are written and shown. What is pinned here lies in ledgers that exist: a change needs a new schema.

use lockstep_core::{AlertState, Classification, Closing, IncidentState, Time};
use lockstep_ledger::{AlertRead, Approval, Entries, Event, Filter, Hash, View};
use serde_json::json;

use crate::given::*;

#[tokio::test]
async fn every_event_has_one_text_form() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let check = async |event: Event, expected: &str| {
        append_all(&ledger, [event]).await;
        let line = ledger.log().read(ledger.history().entries() - 1, 1).await.unwrap().remove(0);
        let short = ["policy", "binary", "answer", "{\"incident\":7}", "{\"alert\":7}"]
            .iter()
            .fold(line.event, |text, plain| text.replace(&Hash::of(plain).to_string(), &format!("<{}>", &plain[..3])));
        assert_eq!(short, expected);
    };
    let one = "00000000-0000-0000-0000-000000000001";
    check(
        started(1),
        &format!(
            r#"{{"event":"run_started","run":"{one}","instance":"test","policy":{{"name":"seed","hash":"<pol>"}},"plan":null,"undoes":null,"binary":{{"version":"0.1.0","hash":"<bin>"}},"workspace":"contoso-soc","asked":"2025-11-24T16:00:00Z"}}"#
        ),
    )
    .await;
    check(
        intended(1, 7),
        &format!(
            r#"{{"event":"intended","run":"{one}","incident":"00000000-0000-0000-0000-000000000007","incident_number":7,"before":{{"etag":"\"7\"","state":"new","incident":"<{{"i>","alerts":[{{"id":"aaaaaaaa-0000-0000-0000-000000000007","state":"dismissed","body":"<{{"a>"}}]}},"after":{{"closed":{{"classification":"benign_positive","comment":"Closed: \"dismissed\"\nby its owner, \u001b[31m"}}}},"cause":{{"subscriptions":["{SUBSCRIPTION}"],"person":null}},"reason":"its only alert was dismissed"}}"#
        ),
    )
    .await;
    check(done(2), r#"{"event":"done","write":2,"etag":"\"new\"","body":"<ans>"}"#).await;
    append_all(&ledger, [intended(1, 7)]).await;
    check(in_doubt(4), r#"{"event":"in_doubt","write":4,"why":"no reply"}"#).await;
    let how = "the incident has the planned state";
    check(settled(4, true), &format!(r#"{{"event":"settled","write":4,"happened":true,"how":"{how}"}}"#)).await;
    append_all(&ledger, [intended(1, 7)]).await;
    check(refused(7), r#"{"event":"refused","write":7,"error":"conflict"}"#).await;
    let items = r#"[{"incident":"00000000-0000-0000-0000-000000000007","incident_number":7,"terms":"New -> Closed (BenignPositive - SuspiciousButExpected); alert aaaaaaaa-0000-0000-0000-000000000007 Dismissed"}]"#;
    check(
        braked(lockstep_core::BrakeScope::Person("eve".to_owned()), [7]),
        &format!(r#"{{"event":"braked","scope":{{"person":"eve"}},"limit":"2 an hour","items":{items}}}"#),
    )
    .await;
    check(
        approved(Approval::Brake { number: 9 }, [7]),
        &format!(r#"{{"event":"approved","by":"ann","of":{{"brake":{{"number":9}}}},"items":{items}}}"#),
    )
    .await;
    check(Event::Pruned(lockstep_ledger::Pruned { up_to: 3, bodies: 2 }), r#"{"event":"pruned","up_to":3,"bodies":2}"#)
        .await;
    check(
        ended(1),
        &format!(r#"{{"event":"run_ended","run":"{one}","counts":{{"changed":1,"refused":0,"in_doubt":0,"left":0}}}}"#),
    )
    .await;
}

#[test]
fn every_state_is_read_as_it_was_written() {
    let closing = |classification| Some(Closing { classification, comment: "why".to_owned() });
    let closings = Classification::ALL.iter().map(|&one| IncidentState::Closed(closing(one)));
    let plain = [IncidentState::New, IncidentState::Active, IncidentState::Closed(None)];
    let states = plain.into_iter().chain([IncidentState::Other("Parked".to_owned())]).chain(closings);
    let alerts: Vec<_> = [
        AlertState::New,
        AlertState::InProgress,
        AlertState::Dismissed,
        AlertState::Resolved,
        AlertState::Unknown("Parked".to_owned()),
        AlertState::Missing,
        AlertState::Unread,
    ]
    .into_iter()
    .map(|state| AlertRead { id: alert(1), state, body: None })
    .collect();
    for state in states {
        let Event::Intended(mut intended) = intended(1, 7) else { panic!("not an intent") };
        intended.after = state.clone();
        intended.before.state = state;
        intended.before.alerts.clone_from(&alerts);
        let event = Event::Intended(intended);
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{text}");
    }
}

#[tokio::test]
async fn an_entry_is_shown_flat_and_in_rfc_3339() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1), intended(1, 7)]).await;
    let entry = ledger.append(Time::from_ticks(17_640_000_001_234_567), done(2)).await.unwrap();
    let shown = json!({
        "number": 3,
        "at": "2025-11-24T16:00:00.1234567Z",
        "event": "done",
        "write": 2,
        "etag": "\"new\"",
        "body": Hash::of("answer").to_string(),
        "previous": entry.previous.to_string(),
        "hash": entry.hash.to_string(),
    });
    assert_eq!(serde_json::to_value(View::from(&entry)).unwrap(), shown);
    // No member of an event hides one of the entry's own.
    for entry in Entries::new(log(&path), Filter::default()).all().await.unwrap() {
        let text = serde_json::to_string(&View::from(&entry)).unwrap();
        assert!(serde_json::from_str::<NoTwins>(&text).is_ok(), "{text}");
    }
}

/// An object in which no member occurs twice.
struct NoTwins;

impl<'de> serde::Deserialize<'de> for NoTwins {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = NoTwins;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<NoTwins, A::Error> {
                let mut seen = std::collections::BTreeSet::new();
                while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                    if !seen.insert(name.clone()) {
                        return Err(serde::de::Error::custom(format!("{name} occurs twice")));
                    }
                }
                Ok(NoTwins)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[tokio::test]
async fn a_filter_shows_what_is_about_its_run_and_its_incident() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let first = [started(1), intended(1, 7), intended(1, 8), in_doubt(2), done(3), ended(1)];
    append_all(&ledger, first.into_iter().chain([settled(2, true), started(2), intended(2, 7), refused(9), ended(2)]))
        .await;
    let check = async |filter: Filter, expected: &[u64]| {
        let entries = Entries::new(log(&path), filter.clone()).all().await.unwrap();
        assert_eq!(entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), expected, "{filter:?}");
    };
    let all = Filter::default;
    check(all(), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]).await;
    check(Filter { numbers: Some(4..=6), ..all() }, &[4, 5, 6]).await;
    check(Filter { run: Some(run(1)), ..all() }, &[1, 2, 3, 4, 5, 6, 7]).await;
    check(Filter { run: Some(run(2)), ..all() }, &[8, 9, 10, 11]).await;
    check(Filter { incident: Some(incident(7)), ..all() }, &[2, 4, 7, 9, 10]).await;
    check(Filter { incident: Some(incident(7)), run: Some(run(2)), ..all() }, &[9, 10]).await;
    check(Filter { incident: Some(incident(7)), numbers: Some(5..=9), ..all() }, &[7, 9]).await;
    check(Filter { incident: Some(incident(9)), ..all() }, &[]).await;
}
