//! The ledger beside the workspace: what was written there without an entry, and what was entered and is not seen there.
//!
//! The table of incidents only grows and belongs to the workspace, so that it is a witness against a ledger that was rewritten.
//! Closings are matched by their marks, each to its entry and that entry's hash; other writes by the name under which marked
//! rows were written, by where the incident stood, and by their number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lockstep_azure::{WrittenRow, WrittenRows};
use lockstep_core::{IncidentId, IncidentState, Instance, Mark, ROWS_LATE, Time};
use lockstep_ledger::{Entries, Entry, Event, Filter, Log, WriteId};

use crate::observe::Observer;
use crate::stopped::Stopped;

/// What a ledger and a workspace say of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Writes that an entry announces and a row shows.
    pub agreed: u64,
    /// Writes that the workspace shows and no entry announces, oldest first.
    pub without_entry: Vec<Unannounced>,
    /// Writes that the ledger holds as done and no row shows, oldest first.
    pub without_write: Vec<Unseen>,
    /// Entries too young for their row to be expected.
    pub young: u64,
    /// Entries older than all that the table was asked for or still has.
    pub beyond: u64,
    /// Writes from before a person let the ledger go on without what it had lost.
    pub settled: u64,
    /// Under which names this installation writes, as the table names it; empty where no mark of it was found, so that only
    /// marks could be looked for.
    pub names: BTreeSet<String>,
    /// The other installations whose marks the table shows, and when the newest was written.
    pub others: BTreeMap<Instance, Time>,
    /// When the service answered, by its own clock.
    pub asked: Time,
}

/// A write that the workspace shows and no entry announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unannounced {
    /// What the table tells of it.
    pub row: WrittenRow,
    /// Why it is taken to be ours.
    pub why: TakenForOurs,
}

/// Why a write is taken to be of this installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenForOurs {
    /// It bears a mark of this installation that no entry vouches for.
    Mark,
    /// It bears the mark of an entry that announces the write of another incident.
    MarkOfAnother,
    /// It was written under a name under which this installation writes.
    Name,
}

/// A write that the ledger holds as done and no row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The entry that announces it.
    pub write: WriteId,
    /// Which incident.
    pub incident: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// Where it was to stand.
    pub after: IncidentState,
    /// When the look was made that it follows, by the service's clock.
    pub asked: Time,
}

impl Comparison {
    /// Whether nothing speaks against the ledger.
    pub fn holds(&self) -> bool {
        self.without_entry.is_empty() && self.without_write.is_empty()
    }
}

impl Observer {
    /// Compares a ledger with what the workspace's table of incidents tells, both ways. One query; writes nothing.
    ///
    /// # Errors
    /// The query gives no whole answer, or the ledger does not hold.
    pub async fn compare(&self, log: &Arc<dyn Log>, instance: &Instance) -> Result<Comparison, Stopped> {
        let seen = self.workspace.written().await.map_err(Stopped::at_input)?;
        Ok(compare(seen, &Announced::read(log).await?, instance))
    }
}

/// A write of an incident that the ledger holds as done.
#[derive(Clone, Debug)]
struct Write {
    incident: IncidentId,
    number: u64,
    after: IncidentState,
    mark: Option<Mark>,
    asked: Time,
}

/// What the ledger says of writes.
#[derive(Debug, Default)]
struct Announced {
    /// Those that happened, by the entry.
    done: BTreeMap<WriteId, Write>,
    /// Every mark that an entry vouches for, whether or not its write is known to have happened.
    marks: BTreeMap<Mark, IncidentId>,
    restarted: Option<Time>,
}

impl Announced {
    async fn read(log: &Arc<dyn Log>) -> Result<Self, Stopped> {
        let mut entries = Entries::new(Arc::clone(log), Filter::default());
        let (mut announced, mut open, mut asked) = (Self::default(), BTreeMap::new(), Time::default());
        while let Some(entry) = entries.next().await? {
            let mark = entry.mark();
            let Entry { number, event, hash, .. } = entry;
            let write = WriteId(number);
            match event {
                Event::RunStarted(started) => asked = started.asked,
                Event::Restarted(restarted) => announced.restarted = Some(restarted.at),
                Event::Intended(intended) => {
                    announced.marks.extend(mark.clone().map(|mark| (mark, intended.incident.clone())));
                    let after = intended.sent(write, hash);
                    let (incident, number) = (intended.incident, intended.number);
                    open.insert(write, Write { incident, number, after, mark, asked });
                }
                Event::Done(done) => announced.done.extend(open.remove(&done.write).map(|it| (done.write, it))),
                Event::Settled(settled) if settled.happened => {
                    announced.done.extend(open.remove(&settled.write).map(|it| (settled.write, it)));
                }
                _ => {}
            }
        }
        Ok(announced)
    }
}

fn compare(seen: WrittenRows, announced: &Announced, instance: &Instance) -> Comparison {
    let WrittenRows { rows, oldest, asked } = seen;
    let mut comparison = Comparison {
        agreed: 0,
        without_entry: Vec::new(),
        without_write: Vec::new(),
        young: 0,
        beyond: 0,
        settled: 0,
        names: BTreeSet::new(),
        others: BTreeMap::new(),
        asked,
    };
    // The row in which a mark is first seen is the write; later ones are of others, who let it stand.
    let mut first: BTreeMap<(&Mark, &IncidentId), &WrittenRow> = BTreeMap::new();
    for row in &rows {
        if let Some(mark) = &row.mark {
            first.entry((mark, &row.incident)).or_insert(row);
        }
    }
    for ((mark, incident), row) in &first {
        if mark.instance == *instance && announced.marks.get(*mark) == Some(*incident) {
            comparison.names.insert(row.by.clone());
        } else if mark.instance != *instance {
            let newest = comparison.others.entry(mark.instance.clone()).or_insert(row.at);
            *newest = row.at.max(*newest);
        }
    }

    // The writes that wait for their row, by incident and by where they left it; the oldest first.
    let mut waiting: BTreeMap<&IncidentId, Vec<(WriteId, &Write)>> = BTreeMap::new();
    for (id, write) in &announced.done {
        waiting.entry(&write.incident).or_default().push((*id, write));
    }
    for row in &rows {
        let is_first =
            row.mark.as_ref().is_none_or(|mark| first.get(&(mark, &row.incident)).is_some_and(|it| *it == row));
        let is_marked = is_first && row.mark.as_ref().is_some_and(|mark| mark.instance == *instance);
        if !is_marked && !comparison.names.contains(&row.by) {
            continue;
        }
        let writes = waiting.entry(&row.incident).or_default();
        let fits = |(_, write): &(WriteId, &Write)| match (is_marked, &row.mark) {
            (true, mark) => write.mark == *mark,
            (false, _) => write.mark.is_none() && write.after == row.state,
        };
        if let Some(at) = writes.iter().position(fits) {
            writes.remove(at);
            comparison.agreed += 1;
            continue;
        }
        let of = row.mark.as_ref().filter(|_| is_marked).map(|mark| announced.marks.get(mark));
        let why = match of {
            // In doubt, or known not to have happened: the row shows that it did.
            Some(Some(incident)) if *incident == row.incident => continue,
            Some(Some(_)) => TakenForOurs::MarkOfAnother,
            Some(None) => TakenForOurs::Mark,
            None => TakenForOurs::Name,
        };
        if announced.restarted.is_some_and(|restarted| row.at <= restarted) {
            comparison.settled += 1;
        } else {
            comparison.without_entry.push(Unannounced { row: row.clone(), why });
        }
    }
    let unseen = waiting.into_values().flatten();
    for (id, write) in unseen {
        if asked.earlier_by(ROWS_LATE) <= write.asked {
            comparison.young += 1;
        } else if oldest.is_none_or(|oldest| write.asked < oldest) {
            comparison.beyond += 1;
        } else {
            let Write { incident, number, after, asked, .. } = write.clone();
            comparison.without_write.push(Unseen { write: id, incident, number, after, asked });
        }
    }
    comparison.without_write.sort_by_key(|unseen| unseen.write);
    comparison
}

#[cfg(test)]
mod tests {
    use lockstep_core::{Classification, Closing};

    use super::*;

    const HOUR: u64 = 3_600;

    fn time(seconds: u64) -> Time {
        Time::from_ticks(i64::try_from(seconds).unwrap() * Time::TICKS_PER_SECOND)
    }

    fn incident(n: u64) -> IncidentId {
        IncidentId::parse(&format!("7c1a5e08-0000-4000-8000-{n:012}")).unwrap()
    }

    fn soc() -> Instance {
        Instance::parse("soc").unwrap()
    }

    fn mark(entry: u64) -> Mark {
        Mark { instance: soc(), run: 1, entry, head: u128::from(entry) }
    }

    fn closed(mark: &Mark) -> IncidentState {
        let comment = mark.sign("done", 1_000);
        IncidentState::Closed(Some(Closing { classification: Classification::Undetermined, comment }))
    }

    /// What happened under an entry: the incident `on` was closed, or set active.
    fn write(on: u64, entry: u64, closes: bool) -> (WriteId, Write) {
        let mark = closes.then(|| mark(entry));
        let after = mark.as_ref().map_or(IncidentState::Active, closed);
        (WriteId(entry), Write { incident: incident(on), number: on, after, mark, asked: time(10 * HOUR) })
    }

    fn row(on: u64, at: u64, by: &str, mark: Option<Mark>) -> WrittenRow {
        let state = mark.as_ref().map_or(IncidentState::Active, closed);
        WrittenRow { incident: incident(on), number: on, at: time(at), by: by.into(), state, mark }
    }

    fn compared(rows: Vec<WrittenRow>, writes: Vec<(WriteId, Write)>, restarted: Option<Time>) -> Comparison {
        let marks = writes.iter().filter_map(|(_, it)| Some((it.mark.clone()?, it.incident.clone()))).collect();
        let announced = Announced { done: writes.into_iter().collect(), marks, restarted };
        compare(WrittenRows { rows, oldest: Some(time(HOUR)), asked: time(20 * HOUR) }, &announced, &soc())
    }

    fn counts(it: &Comparison) -> [u64; 6] {
        let count = |len: usize| u64::try_from(len).unwrap();
        [it.agreed, count(it.without_entry.len()), count(it.without_write.len()), it.young, it.beyond, it.settled]
    }

    #[test]
    fn what_both_tell_agrees() {
        let writes = vec![write(1, 2, true), write(2, 4, false)];
        let rows = vec![row(1, 36_001, "app", Some(mark(2))), row(2, 36_002, "app", None)];
        let both = compared(rows, writes, None);
        assert_eq!((counts(&both), both.holds()), ([2, 0, 0, 0, 0, 0], true));
        assert_eq!(both.names.iter().collect::<Vec<_>>(), ["app"]);
    }

    #[test]
    fn what_only_the_workspace_tells_has_no_entry() {
        let check = |extra: WrittenRow, restarted, expected: [u64; 6]| {
            let writes = vec![write(1, 2, true)];
            let both = compared(vec![row(1, 36_001, "app", Some(mark(2))), extra], writes, restarted);
            assert_eq!(counts(&both), expected, "{both:?}");
            both.without_entry.first().map(|it| it.why)
        };
        let bare = || row(3, 40_000, "app", None);
        assert_eq!(check(bare(), None, [1, 1, 0, 0, 0, 0]), Some(TakenForOurs::Name));
        assert_eq!(check(bare(), Some(time(40_000)), [1, 0, 0, 0, 0, 1]), None);
        // A mark that was copied, and one that no entry vouches for.
        let copied = row(3, 40_000, "eve@x", Some(mark(2)));
        assert_eq!(check(copied, None, [1, 1, 0, 0, 0, 0]), Some(TakenForOurs::MarkOfAnother));
        let forged = row(3, 40_000, "eve@x", Some(Mark { head: 7, ..mark(2) }));
        assert_eq!(check(forged, None, [1, 1, 0, 0, 0, 0]), Some(TakenForOurs::Mark));
        // Whoever touches the incident later lets the mark stand; somebody else's own act is theirs.
        assert_eq!(check(row(1, 40_000, "ann@x", Some(mark(2))), None, [1, 0, 0, 0, 0, 0]), None);
        assert_eq!(check(row(1, 40_000, "ann@x", None), None, [1, 0, 0, 0, 0, 0]), None);
        // The same change once more than it was entered.
        assert_eq!(check(row(1, 40_000, "app", None), None, [1, 1, 0, 0, 0, 0]), Some(TakenForOurs::Name));
        // Another installation's is another ledger's.
        let other = Mark { instance: Instance::parse("lab").unwrap(), ..mark(9) };
        assert_eq!(check(row(3, 40_000, "lab-app", Some(other)), None, [1, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn what_only_the_ledger_tells_was_not_seen_where_it_must_be() {
        let check = |asked: u64, expected: [u64; 6]| {
            let (id, written) = write(1, 2, true);
            let both = compared(Vec::new(), vec![(id, Write { asked: time(asked), ..written })], None);
            assert_eq!(counts(&both), expected, "{asked}");
        };
        check(10 * HOUR, [0, 0, 1, 0, 0, 0]);
        check(19 * HOUR, [0, 0, 0, 1, 0, 0]);
        check(HOUR - 1, [0, 0, 0, 0, 1, 0]);
    }
}
