//! The mark that each text of ours in the workspace ends with: which instance wrote it, and the entry that vouches for it.
//!
//! A workspace's tables only grow, so that they keep the proof that a ledger cannot give of itself: a ledger that was lost,
//! put back from an old copy or rewritten does not hold the entry that a mark names. A mark is no secret. Whoever may write
//! incidents can copy one; whether it is true, the ledger says.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::ids::is_guid;

/// What vouches for a text that we wrote. Its `Display` is what stands in the text: ASCII without control characters, at most
/// 170 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// The installation that wrote it.
    pub instance: Instance,
    /// The GUID of the run.
    pub run: u128,
    /// The number of the ledger's entry that announced the write; never 0.
    pub entry: u64,
    /// The first half of that entry's hash, which vouches for all entries up to it.
    pub head: u128,
}

impl Mark {
    /// The mark that `text` ends with; white space may follow it. `None` where it ends with none, or with what only resembles
    /// one.
    pub fn at_end_of(text: &str) -> Option<Self> {
        let text = text.trim_end();
        let shown = &text[text.rfind('[')?..];
        let mut words = shown.strip_prefix(OPENS)?.strip_suffix(']')?.split(' ');
        let mut after = |word: &str| (words.next() == Some(word)).then(|| words.next()).flatten();
        let instance = Instance::parse(after("instance")?)?;
        let run = after("run").filter(|run| is_guid(run))?;
        let run = u128::from_str_radix(&run.replace('-', ""), 16).ok()?;
        let entry = after("entry")?.parse().ok().filter(|entry| *entry > 0)?;
        let head = u128::from_str_radix(after("head")?, 16).ok()?;
        let mark = Self { instance, run, entry, head };
        // Each mark has one spelling.
        (mark.to_string() == shown).then_some(mark)
    }

    /// `text` with this mark at its end, and nothing else in it that could be taken for one.
    ///
    /// The whole has at most `longest` UTF-16 code units, which is how the service counts (assumed: the longer of the ways to
    /// count). The text is cut where it is longer, never the mark; `longest` must leave room for it.
    pub fn sign(&self, text: &str, longest: usize) -> String {
        let mark = self.to_string();
        let mut room = longest.saturating_sub(mark.len() + 1);
        let text: String = neutralised(text.trim())
            .chars()
            .take_while(|it| match room.checked_sub(it.len_utf16()) {
                Some(left) => {
                    room = left;
                    true
                }
                None => false,
            })
            .collect();
        if text.is_empty() { mark } else { format!("{} {mark}", text.trim_end()) }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instance, run, entry, head } = self;
        let part = |shift: u32, digits: u32| (run >> shift) & ((1 << (digits * 4)) - 1);
        let (one, two, three) = (part(96, 8), part(80, 4), part(64, 4));
        let (four, five) = (part(48, 4), part(0, 12));
        write!(f, "{OPENS}instance {instance} run {one:08x}-{two:04x}-{three:04x}-{four:04x}-{five:012x} ")?;
        write!(f, "entry {entry} head {head:032x}]")
    }
}

/// `text` without anything that begins like a mark: what others wrote must not pass for ours.
pub(crate) fn neutralised(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at);
        safe.push_str(before);
        let is_like_one = from.get(1..1 + NAME.len()).is_some_and(|word| word.eq_ignore_ascii_case(NAME));
        safe.push(if is_like_one { '(' } else { '[' });
        rest = &from[1..];
    }
    safe.push_str(rest);
    safe
}

/// What an installation is called: 1 to 40 ASCII letters, digits, dots, hyphens and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance(String);

impl Instance {
    /// Reads a name; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_allowed = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-' | b'_');
        let fits = (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_allowed);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Instance {
    /// What an installation is called that nobody gave a name.
    fn default() -> Self {
        Self(NAME.to_owned())
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const NAME: &str = "lockstep";
const OPENS: &str = "[lockstep ";
const LONGEST_NAME: usize = 40;
