//! Writing a policy as a file that somebody can edit.

use std::fmt::Write as _;

use lockstep_core::{Brake, Condition, Knobs, Policy, Preset};

use super::keys::{self, Key};

/// The policy as a file, every key of it with what it is for. Read back it is the same policy.
pub fn text(policy: &Policy) -> String {
    let mut text = String::from(HEADER);
    let preset = Preset::ALL.iter().find(|preset| preset.name() == &*policy.name).unwrap_or(&Preset::Neutral);
    line(&mut text, "name", &policy.name.as_ref().into());
    line(&mut text, "preset", &preset.name().into());
    // TOML has the keys outside of tables first.
    let is_table = |name: &str| name == BRAKE && policy.brake != Brake::Off;
    for key in keys::WHOLE.iter().filter(|key| table_of(key.name()).is_none() && !is_table(key.name())) {
        documented(&mut text, key.says(), key.name(), &key.write(policy));
    }
    for key in keys::KNOBS.iter().filter(|key| table_of(key.name()).is_none()) {
        documented(&mut text, key.says(), key.name(), &key.write(&policy.knobs));
    }
    tables(&mut text, keys::WHOLE, policy);
    if let Brake::On(limits) = policy.brake {
        text.push_str("\n[brake]\n");
        for key in keys::LIMITS {
            documented(&mut text, key.says(), key.name(), &key.write(&limits));
        }
    }
    tables(&mut text, keys::KNOBS, &policy.knobs);
    for rule in &*policy.rules {
        text.push_str("\n[[rules]]\n");
        line(&mut text, "name", &rule.name.as_ref().into());
        line(&mut text, "when", &condition(&rule.when));
        Turned { base: &policy.knobs, knobs: &rule.knobs }.write(&mut text);
    }
    text
}

/// The table that a key stands in; `None` for one that stands in none.
pub fn table_of(key: &'static str) -> Option<&'static str> {
    key.split_once('.').map(|(table, _)| table)
}

fn tables<T>(text: &mut String, keys: &[&dyn Key<T>], of: &T) {
    let mut last = "";
    for key in keys {
        let Some((table, leaf)) = key.name().split_once('.') else { continue };
        if table != last {
            writeln!(text, "\n[{table}]").expect("a String takes all that is written");
            last = table;
        }
        documented(text, key.says(), leaf, &key.write(of));
    }
}

/// What a rule turns.
struct Turned<'a> {
    base: &'a Knobs,
    knobs: &'a Knobs,
}

impl Turned<'_> {
    fn write(&self, text: &mut String) {
        for key in keys::KNOBS {
            let value = key.write(self.knobs);
            if value != key.write(self.base) {
                // A dotted key says the table and the key in one line.
                line(text, key.name(), &value);
            }
        }
    }
}

fn condition(condition: &Condition) -> toml::Value {
    let mut table = toml::Table::new();
    for key in keys::CONDITIONS {
        let value = key.write(condition);
        if value == key.write(&Condition::default()) {
            continue;
        }
        match key.name().split_once('.') {
            None => drop(table.insert(key.name().to_owned(), value)),
            Some((outer, leaf)) => {
                let inner = table.entry(outer).or_insert_with(|| toml::Table::new().into());
                if let toml::Value::Table(inner) = inner {
                    inner.insert(leaf.to_owned(), value);
                }
            }
        }
    }
    table.into()
}

fn documented(text: &mut String, says: &str, key: &str, value: &toml::Value) {
    comment(text, says);
    line(text, key, value);
}

fn comment(text: &mut String, says: &str) {
    let mut line = String::from("#");
    for word in says.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            text.push_str(&line);
            line = String::from("\n#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

fn line(text: &mut String, key: &str, value: &toml::Value) {
    writeln!(text, "{key} = {value}").expect("a String takes all that is written");
}

const HEADER: &str = "# A policy of lockstep. `lockstep policy explain` says in sentences what it does.\n\n";
const BRAKE: &str = "brake";
const WIDTH: usize = 120;
