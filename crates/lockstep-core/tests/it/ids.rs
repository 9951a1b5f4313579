//! Only what is safe in a path and in a query becomes an id.

use lockstep_core::{AlertId, AlertPlace, IncidentId};
use proptest::prelude::*;

const GUID: &str = "6F0C2D8E-51b4-4a7f-8f43-0e9c7a35d1b2";

#[test]
fn a_guid_is_read_in_any_case_and_kept_in_lower_case() {
    assert_eq!(IncidentId::parse(GUID).map(|id| id.to_string()), Some(GUID.to_lowercase()));
    assert_eq!(AlertId::parse(GUID).map(|id| id.to_string()), Some(GUID.to_lowercase()));
}

#[test]
fn nothing_else_is_an_id() {
    for text in ["", "1", "6f0c2d8e51b44a7f8f430e9c7a35d1b2", &format!("{GUID}/"), &format!("{{{GUID}}}"), "../../../x"]
    {
        assert_eq!(IncidentId::parse(text), None, "{text}");
    }
}

#[test]
fn a_place_takes_only_pieces_that_cannot_change_a_path() {
    let name = "2518301663999999999_7692caa7-0d1b-432f-9865-ef7932a3514d";
    let place = |group, location, name| AlertPlace::new(GUID, group, location, name);
    assert!(place(Some("Sample-RG_(1).x"), "WestEurope", name).is_some());
    assert!(place(None, "centralus", name).is_some());
    for (group, location, name) in [
        (Some("a/b"), "centralus", name),
        (Some("dot."), "centralus", name),
        (Some(""), "centralus", name),
        (None, "central us", name),
        (None, "centralus?x", name),
        (None, "", name),
        (None, "centralus", "a/../b"),
        (None, "centralus", ""),
        (None, "centralus", "a%2Fb"),
    ] {
        assert_eq!(AlertPlace::new(GUID, group, location, name), None, "{group:?} {location} {name}");
    }
}

proptest! {
    #[test]
    fn no_text_with_a_separator_is_part_of_a_place(before in ".*", separator in "[/?#%\\\\ ]", after in ".*") {
        let text = format!("{before}{separator}{after}");
        prop_assert_eq!(AlertPlace::new(GUID, None, "centralus", &text), None);
        prop_assert_eq!(AlertPlace::new(GUID, None, &text, "name"), None);
        prop_assert_eq!(AlertPlace::new(GUID, Some(&text), "centralus", "name"), None);
    }
}
