//! The JSON schema of policy files, for editors that know TOML.

use lockstep_core::Preset;
use serde_json::{Map, Value, json};

use super::form::Form;
use super::keys::{self, Key};

/// The schema, draft 7.
///
/// It takes what a policy file may say. What concerns several keys at once, such as two rules of one name, is found only
/// when the file is read.
pub fn schema() -> Value {
    let mut rule = object(keys::KNOBS);
    add(&mut rule, "name", "What people call the rule.", String::schema());
    add(&mut rule, "when", "For which incidents it is. All that is asked must be so.", object(keys::CONDITIONS));
    rule["required"] = json!(["name", "when"]);

    let presets: Vec<_> = Preset::ALL.iter().map(|preset| preset.name()).collect();
    let mut file = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A policy of lockstep",
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "preset"],
        "properties": {},
    });
    add(&mut file, "name", "What people call the policy.", String::schema());
    add(
        &mut file,
        "preset",
        "The preset that says what holds where the file says nothing else.",
        json!({ "enum": presets }),
    );
    for list in [object(keys::WHOLE), object(keys::KNOBS)] {
        let Value::Object(properties) = &list["properties"] else { continue };
        for (name, property) in properties {
            file["properties"][name] = property.clone();
        }
    }
    let rules = json!({ "type": "array", "items": rule });
    add(&mut file, "rules", "Other knobs for some incidents; the first rule that matches decides alone.", rules);
    file
}

/// The schema of a table with these keys.
pub fn object<T>(keys: &[&dyn Key<T>]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let described = described(key.says(), key.schema());
        match key.name().split_once('.') {
            None => drop(properties.insert(key.name().to_owned(), described)),
            Some((table, leaf)) => {
                let table = properties
                    .entry(table)
                    .or_insert_with(|| json!({ "type": "object", "additionalProperties": false, "properties": {} }));
                table["properties"][leaf] = described;
            }
        }
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn add(object: &mut Value, name: &str, says: &str, schema: Value) {
    object["properties"][name] = described(says, schema);
}

fn described(says: &str, mut schema: Value) -> Value {
    schema["description"] = says.into();
    schema
}
