//! What a watch says of itself to machines: metrics in Prometheus' text form, and a heartbeat.
//!
//! Source of the form: <https://prometheus.io/docs/instrumenting/exposition_formats/>, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lockstep_core::Time;
use lockstep_engine::{Conclusion, Fate, Outcome, Pass, Stopped};
use serde_json::json;
use time::OffsetDateTime;

use super::pass::{fate_words, moment_of, outcome_word};
use super::screen::escaped_json;

/// Numbers about a watch.
#[derive(Clone, Debug)]
pub struct Gauges {
    instance: String,
    workspace: String,
    policy: String,
    passes: BTreeMap<&'static str, u64>,
    last_pass: Option<(OffsetDateTime, &'static str)>,
    last_success: Option<OffsetDateTime>,
    failed: u64,
    writes: BTreeMap<&'static str, u64>,
    alert_writes: BTreeMap<&'static str, u64>,
    throttled: BTreeMap<String, u64>,
    seen: Option<Seen>,
}

/// What the last pass that came to its end saw.
#[derive(Clone, Debug)]
struct Seen {
    incidents: u64,
    drift: u64,
    held: u64,
    verdicts: BTreeMap<&'static str, u64>,
    /// How far behind each table was, in seconds; `None` where it is empty.
    lag: [(&'static str, Option<u64>); 2],
    brakes: u64,
    braked: u64,
}

impl Gauges {
    /// Numbers of a watch that has made no pass yet.
    pub fn new(instance: &str, workspace: &str, policy: &str) -> Self {
        Self {
            instance: instance.to_owned(),
            workspace: workspace.to_owned(),
            policy: policy.to_owned(),
            passes: BTreeMap::new(),
            last_pass: None,
            last_success: None,
            failed: 0,
            writes: BTreeMap::new(),
            alert_writes: BTreeMap::new(),
            throttled: BTreeMap::new(),
            seen: None,
        }
    }

    /// Counts a request that a service asked to come later.
    pub fn throttled(&mut self, side: &str) {
        *self.throttled.entry(side.to_owned()).or_default() += 1;
    }

    /// Takes in a pass that ended at `at`, under this policy.
    pub fn passed(&mut self, at: OffsetDateTime, pass: &Result<Pass, Stopped>, policy: &str) {
        policy.clone_into(&mut self.policy);
        let result = result(pass);
        *self.passes.entry(result).or_default() += 1;
        self.last_pass = Some((at, result));
        let Ok(pass) = pass else {
            self.failed += 1;
            return;
        };
        self.failed = 0;
        self.last_success = Some(at);
        for outcome in &pass.outcomes {
            *self.writes.entry(outcome_word(outcome)).or_default() += 1;
        }
        for pushed in &pass.pushed {
            *self.alert_writes.entry(fate_words(&pushed.fate).0).or_default() += 1;
        }
        self.seen = Some(Seen::of(pass));
    }
}

impl Seen {
    fn of(pass: &Pass) -> Self {
        let observation = &pass.observation;
        let mut verdicts: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (why, count) in &observation.untouched {
            *verdicts.entry(why.word()).or_default() += count;
        }
        for left in &observation.plan.left {
            *verdicts.entry(left.reason.word()).or_default() += 1;
        }
        *verdicts.entry("change").or_default() += count(pass.outcomes.len());
        let held = observation.plan.left.iter().filter(|left| left.reason.is_held()).count();
        let undone = pass.outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Written { .. })).count();
        let alerts_undone = pass.pushed.iter().filter(|pushed| !matches!(pushed.fate, Fate::Moved)).count();
        let lag = |ingested: Option<Time>| ingested.map(|ingested| observation.asked.seconds_since(ingested));
        Self {
            incidents: observation.seen(),
            drift: count(held + undone + alerts_undone),
            held: count(held),
            verdicts,
            lag: [
                ("SecurityIncident", lag(observation.incidents_ingested)),
                ("SecurityAlert", lag(observation.alerts_ingested)),
            ],
            brakes: count(observation.brakes.len()),
            braked: count(observation.waiting.len()),
        }
    }
}

/// The numbers of every watch in Prometheus' text form: each metric once, with the lines of all.
pub fn metrics(all: &[Gauges]) -> String {
    let mut families: Vec<(String, String)> = Vec::new();
    for gauges in all {
        let page = page(gauges);
        for family in page.split_inclusive('\n').collect::<Vec<_>>().chunk_by(|_, next| !next.starts_with("# HELP")) {
            let (head, lines) = (family[..2].concat(), family[2..].concat());
            match families.iter_mut().find(|(known, _)| *known == head) {
                Some((_, known)) => known.push_str(&lines),
                None => families.push((head, lines)),
            }
        }
    }
    families.into_iter().map(|(head, lines)| head + &lines).collect()
}

fn page(gauges: &Gauges) -> String {
    let labels = [("workspace", gauges.workspace.as_str()), ("instance_name", gauges.instance.as_str())];
    let mut page = Page { text: String::new(), labels };
    let version = [("version", env!("CARGO_PKG_VERSION")), ("policy", gauges.policy.as_str())];
    page.family("lockstep_info", "gauge", "What runs here.", [(&version[..], 1)]);
    let passes = labelled("result", &gauges.passes);
    page.family("lockstep_passes_total", "counter", "Passes, by what they came to.", pairs(&passes));
    let moment = |moment: Option<OffsetDateTime>| moment.map(|moment| (&[][..], unsigned(moment.unix_timestamp())));
    let last_pass = gauges.last_pass.map(|(at, _)| at);
    page.family("lockstep_last_pass_timestamp_seconds", "gauge", "When the last pass ended.", moment(last_pass));
    let help = "When a pass last came to its end.";
    page.family("lockstep_last_success_timestamp_seconds", "gauge", help, moment(gauges.last_success));
    page.family(
        "lockstep_failed_passes",
        "gauge",
        "Passes that failed since one succeeded.",
        [(&[][..], gauges.failed)],
    );
    let writes = labelled("outcome", &gauges.writes);
    page.family("lockstep_writes_total", "counter", "Changes, by what became of them.", pairs(&writes));
    let alert_writes = labelled("outcome", &gauges.alert_writes);
    let help = "Acts on alerts, by what became of them.";
    page.family("lockstep_alert_writes_total", "counter", help, pairs(&alert_writes));
    let throttled: Vec<_> = gauges.throttled.iter().map(|(side, count)| ([("side", side.as_str())], *count)).collect();
    let help = "Requests that a service asked to come later.";
    page.family(
        "lockstep_throttled_total",
        "counter",
        help,
        throttled.iter().map(|(label, count)| (&label[..], *count)),
    );
    if let Some(seen) = &gauges.seen {
        page.family("lockstep_incidents", "gauge", "Incidents that the last pass saw.", [(&[][..], seen.incidents)]);
        let help = "Incidents that disagree with their alerts and were not changed in the last pass.";
        page.family("lockstep_drift", "gauge", help, [(&[][..], seen.drift)]);
        page.family("lockstep_held", "gauge", "Incidents that wait for a person.", [(&[][..], seen.held)]);
        let verdicts = labelled("reason", &seen.verdicts);
        page.family("lockstep_verdicts", "gauge", "Incidents in the last pass, by why.", pairs(&verdicts));
        let lag = seen.lag.map(|(table, lag)| ([("table", table)], lag));
        let lag = lag.iter().filter_map(|(label, lag)| lag.map(|lag| (&label[..], lag)));
        page.family("lockstep_lag_seconds", "gauge", "How old the newest row of a table was.", lag);
        page.family("lockstep_brakes_on", "gauge", "Brakes that are on.", [(&[][..], seen.brakes)]);
        page.family("lockstep_braked", "gauge", "Changes that the brake holds.", [(&[][..], seen.braked)]);
    }
    page.text
}

/// The type of [`metrics`] over HTTP.
pub const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// For every watch one line of JSON that says when its last pass ended and how.
pub fn heartbeat(all: &[Gauges]) -> String {
    all.iter().map(beat).collect()
}

fn beat(gauges: &Gauges) -> String {
    let document = json!({
        "instance": gauges.instance,
        "workspace": gauges.workspace,
        "policy": gauges.policy,
        "process": std::process::id(),
        "last_pass": gauges.last_pass.map(|(at, _)| moment_of(at)),
        "result": gauges.last_pass.map(|(_, result)| result),
        "last_success": gauges.last_success.map(moment_of),
        "failed": gauges.failed,
    });
    escaped_json(&document) + "\n"
}

fn result(pass: &Result<Pass, Stopped>) -> &'static str {
    match pass {
        Ok(pass) => match pass.conclusion() {
            Conclusion::Done => "done",
            Conclusion::Held => "held",
            Conclusion::Incomplete => "incomplete",
            Conclusion::Failed => "failed-writes",
            Conclusion::Rights => "rights",
            Conclusion::Stale => "stale",
            Conclusion::Ledger => "ledger",
        },
        Err(Stopped::Rights(_)) => "stopped-rights",
        Err(Stopped::Ledger(_)) => "stopped-ledger",
        Err(_) => "stopped-input",
    }
}

type Label<'a> = (&'a str, &'a str);

struct Page<'a> {
    text: String,
    /// What every line is labelled with.
    labels: [Label<'a>; 2],
}

impl Page<'_> {
    /// A metric with its lines; nothing where there is no line.
    fn family<'a>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        lines: impl IntoIterator<Item = (&'a [Label<'a>], u64)>,
    ) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        self.put(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        for (labels, value) in lines {
            let all = self.labels.iter().chain(labels);
            let all: Vec<_> = all.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            self.put(format_args!("{name}{{{}}} {value}\n", all.join(",")));
        }
    }

    fn put(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.write_fmt(line).expect("a String takes all that is written");
    }
}

/// A label's value in the text form.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn labelled<'a>(name: &'a str, counts: &'a BTreeMap<&'static str, u64>) -> Vec<([Label<'a>; 1], u64)> {
    counts.iter().map(|(word, count)| ([(name, *word)], *count)).collect()
}

fn pairs<'a>(lines: &'a [([Label<'a>; 1], u64)]) -> impl Iterator<Item = (&'a [Label<'a>], u64)> {
    lines.iter().map(|(labels, count)| (&labels[..], *count))
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn unsigned(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_for_the_text_form() {
        let mut gauges = Gauges::new("a\"b\\c\nd", "law", "seed");
        gauges.throttled("Resource Manager");
        let text = metrics(&[gauges]);
        assert!(text.contains("instance_name=\"a\\\"b\\\\c\\nd\""), "{text}");
        assert!(
            text.contains("lockstep_throttled_total{workspace=\"law\",")
                && text.contains("side=\"Resource Manager\"} 1\n")
        );
        assert!(text.lines().all(|line| line.starts_with('#') || line.starts_with("lockstep_")), "{text}");
    }
    #[test]
    fn several_watches_share_each_metric() {
        let [mut north, south] = ["north", "south"].map(|name| Gauges::new("here", name, "seed"));
        north.throttled("Resource Manager");
        let text = metrics(&[north.clone(), south.clone()]);
        assert_eq!(text.matches("# TYPE lockstep_info").count(), 1, "{text}");
        assert_eq!(text.matches("lockstep_info{").count(), 2, "{text}");
        assert_eq!(
            text.lines().count(),
            metrics(&[north]).lines().count() + metrics(&[south]).lines().count() - 4,
            "{text}"
        );
    }
}
