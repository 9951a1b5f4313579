//! What the process ends with: one table for every command.

use std::fmt::Write;
use std::process;

/// How a command ended, for whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything that was due is done, or nothing was due.
    Done,
    /// The command line, the settings or the query cannot be used.
    Usage,
    /// Changes are due that wait for somebody.
    Held,
    /// Something could not be read; nothing was written.
    Input,
    /// Something was not written as planned.
    Writes,
    /// The identity or its rights do not suffice.
    Rights,
    /// The ledger cannot be used.
    Ledger,
    /// A plan was made from what is no longer so.
    Stale,
    /// Of several workspaces one ended otherwise than another.
    Mixed,
}

impl ExitCode {
    /// Every code, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::Done,
        Self::Usage,
        Self::Held,
        Self::Input,
        Self::Writes,
        Self::Rights,
        Self::Ledger,
        Self::Stale,
        Self::Mixed,
    ];

    /// The number that the process ends with. 1 is left to what nobody foresaw.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 2,
            Self::Held => 3,
            Self::Input => 4,
            Self::Writes => 5,
            Self::Rights => 6,
            Self::Ledger => 7,
            Self::Stale => 8,
            Self::Mixed => 9,
        }
    }

    /// What it means, for `--help` and the man pages.
    pub fn says(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Usage => "usage, configuration or query: nothing was done",
            Self::Held => "changes are held, refused or waiting for approval",
            Self::Input => "incomplete input or service failure: nothing was written",
            Self::Writes => "some writes failed or are in doubt",
            Self::Rights => "the identity was not accepted or lacks a right",
            Self::Ledger => "the ledger cannot be used, does not fit the workspace, or another instance writes",
            Self::Stale => "the plan is stale",
            Self::Mixed => "several workspaces, which ended differently",
        }
    }

    /// The table for `--help` and the man pages.
    pub fn table() -> String {
        Self::ALL.iter().fold(String::from("Exit codes:\n"), |mut table, code| {
            writeln!(table, "  {}  {}", code.number(), code.says()).expect("a String takes all that is written");
            table
        })
    }
}

impl ExitCode {
    /// What several workspaces end with together: what all of them ended with, if they did.
    pub fn of_all(ends: &[Self]) -> Self {
        match ends {
            [] => Self::Done,
            [first, others @ ..] if others.iter().all(|other| other == first) => *first,
            _ => Self::Mixed,
        }
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn the_documented_table_is_this_one() {
        let document = include_str!("../../../docs/exit-codes.md");
        let rows = document.lines().filter_map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            Some((cells.next()?.parse::<u8>().ok()?, cells.next()?))
        });
        // 1 is nobody's: it is what the runtime ends with when the program fails unforeseen.
        let documented: Vec<_> = rows.filter(|(number, _)| *number != 1).collect();
        let ours: Vec<_> = ExitCode::ALL.iter().map(|code| (code.number(), code.says())).collect();
        assert_eq!(documented, ours);
    }
}
