//! Marks say the same when they are read as when they were written, and nobody else's words pass for one.

use lockstep_core::{Instance, Mark};
use proptest::prelude::*;

fn marks() -> impl Strategy<Value = Mark> {
    ("[A-Za-z0-9._-]{1,40}", any::<u128>(), 1..=u64::MAX, any::<u128>()).prop_map(|(instance, run, entry, head)| {
        let instance = Instance::parse(&instance).expect("it is a name");
        Mark { instance, run, entry, head }
    })
}

/// Words of which some are shaped like marks or like pieces of one.
fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        marks().prop_map(|mark| mark.to_string()),
        Just("[lockstep ".to_owned()),
        Just("[LOCKSTEP instance x run".to_owned()),
        Just("head 00]".to_owned()),
        Just("𝒽\u{202e}".to_owned()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_mark_is_read_as_it_was_written(mark in marks()) {
        let text = mark.to_string();
        prop_assert!(text.len() <= 170 && text.bytes().all(|it| (b' '..=b'~').contains(&it)), "{text}");
        prop_assert_eq!(Mark::at_end_of(&text), Some(mark.clone()));
        prop_assert_eq!(Mark::at_end_of(&format!("Closed. {text} \n")), Some(mark));
    }

    #[test]
    fn a_signed_text_ends_with_its_mark_and_holds_no_other(text in words(), mark in marks(), longest in 200_usize..400) {
        let signed = mark.sign(&text, longest);
        prop_assert_eq!(Mark::at_end_of(&signed), Some(mark.clone()));
        prop_assert!(signed.encode_utf16().count() <= longest);
        prop_assert_eq!(signed.to_lowercase().matches("[lockstep").count(), 1, "{}", signed);
        // Wherever the service might cut it, nothing else comes to stand at the end.
        for (at, _) in signed.char_indices() {
            prop_assert_eq!(Mark::at_end_of(&signed[..at]), None);
        }
    }

    #[test]
    fn what_is_read_as_a_mark_is_spelled_as_one(text in words()) {
        if let Some(mark) = Mark::at_end_of(&text) {
            prop_assert!(text.trim_end().ends_with(&mark.to_string()));
        }
    }
}

#[test]
fn what_only_resembles_a_mark_is_none() {
    let (guid, head) = ("6f0c2d8e-51b4-4a7f-8f43-0e9c7a35d1b2", "0f".repeat(16));
    let good = format!("[lockstep instance soc-1 run {guid} entry 7 head {head}]");
    assert!(Mark::at_end_of(&good).is_some());
    let bad = [
        String::new(),
        "[lockstep run 7]".to_owned(),
        format!("{good}."),
        good.replace("entry 7", "entry 0"),
        good.replace("entry 7", "entry 07"),
        good.replace("entry 7", "entry +7"),
        good.replace("entry 7", "entry 18446744073709551616"),
        good.replace(guid, &guid.to_uppercase()),
        good.replace(guid, "6f0c2d8e51b44a7f8f430e9c7a35d1b2"),
        good.replace(&head, &head[1..]),
        good.replace("soc-1", "soc 1"),
        good.replace("soc-1", ""),
        good.replace("soc-1", &"s".repeat(41)),
        good.replace(" run", "  run"),
        good.replace("[lockstep", "(lockstep"),
    ];
    for text in bad {
        assert_eq!(Mark::at_end_of(&text), None, "{text}");
    }
}

#[test]
fn an_installation_has_a_plain_name() {
    for (name, fits) in [("soc-1", true), ("a", true), ("", false), ("a b", false), ("é", false), ("a]", false)] {
        assert_eq!(Instance::parse(name).is_some(), fits, "{name}");
    }
    assert!(Instance::parse(Instance::default().as_str()).is_some());
}
