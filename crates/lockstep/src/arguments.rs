//! The command line: what was typed, and no more. What it means is said in [`crate::settings`].

mod export;
mod twin;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use self::export::{ExportCommand, RolesAt};
pub use self::twin::{Twin, TwinCommand, TwinStory};
use crate::commands::watch::MetricsTo;
use crate::exit_code::ExitCode;
use crate::settings::Variable;

/// Keeps Defender for Cloud alerts and Microsoft Sentinel incidents in step.
#[derive(Debug, Parser)]
#[command(name = "lockstep", version, max_term_width = 110, subcommand_required = true, arg_required_else_help = true)]
#[command(after_long_help = format!("{}\n{}", ExitCode::table(), Variable::table()))]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// The settings: a file, or a folder with a file for each workspace
    #[arg(long, global = true, value_name = "FILE|DIR", default_value = "lockstep.toml", help_heading = EVERYWHERE)]
    pub config: PathBuf,
    /// Of several workspaces only this one
    #[arg(long, global = true, value_name = "NAME", help_heading = EVERYWHERE)]
    pub only: Option<String>,
    /// What is to be done: a preset (observe, seed, vendor, neutral) or a policy file; overrides the settings
    #[arg(long, global = true, value_name = "PRESET|FILE", help_heading = EVERYWHERE)]
    pub policy: Option<String>,
    /// How both sides are looked at; overrides the policy
    #[arg(long, global = true, value_name = "SIGHT", help_heading = EVERYWHERE)]
    pub sight: Option<Sight>,
    /// The ledger; overrides the settings
    #[arg(long, global = true, value_name = "PATH", help_heading = EVERYWHERE)]
    pub ledger: Option<PathBuf>,
    /// Keep what is asked of the services and what they answer in this folder, without tokens and without texts that may
    /// tell of people
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "replay", help_heading = EVERYWHERE)]
    pub record: Option<PathBuf>,
    /// Keep texts that may tell of people in the recording, too
    #[arg(long, global = true, requires = "record", help_heading = EVERYWHERE)]
    pub record_names: bool,
    /// Answer from such a recording and ask nobody; of commands that write nothing
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    pub replay: Option<PathBuf>,
    /// How log lines on standard error look
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", help_heading = EVERYWHERE)]
    pub log_format: LogFormat,
    /// Log more: once what is done, twice how
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = EVERYWHERE)]
    pub verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented lockstep.toml
    Init,
    /// Show what a pass would change, and why the rest is left alone; writes nothing
    Plan(Plan),
    /// Make one pass: observe, decide, write, record; or do exactly what a plan file says
    Apply(Apply),
    /// Make a pass again and again, until it is told to end
    Watch(Watch),
    /// Take back what a run wrote, as far as it is still as the run left it
    Undo(Undo),
    /// Say yes to what the brake holds, or show what it holds
    Approve(Approve),
    /// Show what was done, check it, hand it out: the entries of the ledger
    Ledger(Ledger),
    /// Say how an incident came to stand where it does, what is made of it and what would change that; writes nothing
    Explain(Explain),
    /// List every alert and incident that say different things, and since when; writes nothing
    Drift(Pass),
    /// Look at policies: what they do, and what their files can say
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Check whether the tenant is set up so that a pass can do its work, and say what mends it; writes nothing
    Doctor(Doctor),
    /// Print the custom roles that the policy needs, and no more
    Roles(Roles),
    /// Print a template for Azure that does what the policy says
    #[command(subcommand)]
    Export(ExportCommand),
    /// See the gap between Defender for Cloud and Sentinel open and close, on a twin of both; needs no cloud
    Demo(Demo),
    /// Serve a stand-in for Defender for Cloud, Sentinel and Log Analytics
    Twin(Twin),
    /// Run queries of the Kusto Query Language over files; without a command, at a console
    Kql(KqlCommand),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the man page, or write all of them
    Man {
        /// Write a page for each command into this folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// What `plan` takes.
#[derive(Clone, Debug, Args)]
pub struct Plan {
    /// Keep the plan in this file, to be applied later
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PlanFormat,
    /// Name titles, alerts and the workspace in Markdown, too
    #[arg(long)]
    pub names: bool,
    /// How long one request may wait for a service that wants to be left alone, in all
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = humantime::parse_duration)]
    pub patience: Duration,
    /// How long to wait for a right that was just given; not where the ledger knows that it was there before
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration)]
    pub wait_for_rights: Duration,
}

impl Plan {
    /// The same as a pass takes it.
    pub fn pass(&self) -> Pass {
        Pass { format: Format::Text, patience: self.patience }
    }
}

/// What `apply` takes.
#[derive(Clone, Debug, Args)]
pub struct Apply {
    /// A file that `plan -o` wrote: exactly this is done, or what moved is named
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Say yes, as a person, to exactly what the file says; the ledger records who
    #[arg(long, requires = "file")]
    pub approve: bool,
    /// Who says yes, for the ledger; whoever is logged in if not given
    #[arg(long, value_name = "NAME", requires = "approve")]
    pub by: Option<String>,
    /// Go on with the last run where it was cut short
    #[arg(long, conflicts_with = "file")]
    pub resume: bool,
    /// How long to wait for a right that was just given; not where the ledger knows that it was there before
    #[arg(long, value_name = "DURATION", default_value = "0s", conflicts_with = "file", value_parser = humantime::parse_duration)]
    pub wait_for_rights: Duration,
    #[command(flatten)]
    pub pass: Pass,
}

/// What `apply` and `watch` take.
#[derive(Clone, Copy, Debug, Args)]
pub struct Pass {
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// How long one request may wait for a service that wants to be left alone, in all
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = humantime::parse_duration)]
    pub patience: Duration,
}

/// What `watch` takes.
#[derive(Clone, Debug, Args)]
pub struct Watch {
    /// From the start of one pass to the start of the next
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = interval)]
    pub interval: Duration,
    /// Show metrics in Prometheus' text form: serve them at /metrics of a port of this machine (9464), of an address
    /// (0.0.0.0:9464), or write them to a file after each pass
    #[arg(long, value_name = "ADDR|FILE")]
    pub metrics: Option<MetricsTo>,
    /// Write when the last pass ended, and how, to this file after each pass
    #[arg(long, value_name = "FILE")]
    pub heartbeat: Option<PathBuf>,
    #[command(flatten)]
    pub pass: Pass,
}

/// What `undo` takes.
#[derive(Clone, Debug, Args)]
pub struct Undo {
    /// The run, as `apply` and `ledger` show it
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Only this incident, by its name in ARM
    #[arg(long, value_name = "GUID")]
    pub incident: Option<String>,
    /// Who wants it, for the ledger; whoever is logged in if not given
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    #[command(flatten)]
    pub pass: Pass,
}

/// What `approve` takes.
#[derive(Clone, Debug, Args)]
pub struct Approve {
    /// The number under which a pass or this command showed the brake; if not given, the brakes that are on are shown
    #[arg(value_name = "BRAKE-ID")]
    pub brake: Option<u64>,
    /// Who says yes, for the ledger; whoever is logged in if not given
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// What `ledger` takes.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Ledger {
    #[command(subcommand)]
    pub command: Option<LedgerCommand>,
    #[command(flatten)]
    pub list: LedgerList,
}

/// The commands about the ledger.
#[derive(Clone, Debug, Subcommand)]
pub enum LedgerCommand {
    /// Show entries; the same as no command
    List(LedgerList),
    /// Show one entry with everything that it vouches for
    Show {
        /// Its number
        #[arg(value_name = "NUMBER")]
        entry: u64,
    },
    /// Hand out entries for other programs
    Export(Export),
    /// Check every entry and everything that it vouches for
    Verify(Verify),
    /// Restore what both sides last agreed on from the workspace's tables, where the ledger lost it
    Rebuild(NewStart),
    /// Let the ledger go on without what it lost: take it upon yourself that nobody knows what was agreed on
    AcceptNewStart(NewStart),
    /// Remove what was read before old writes; the entries and their hashes stay
    Prune(Prune),
}

/// What `ledger verify` takes.
#[derive(Clone, Copy, Debug, Args)]
pub struct Verify {
    /// Compare it with the workspace, too: writes of this installation without an entry, and entries without a write
    #[arg(long)]
    pub against_workspace: bool,
    #[command(flatten)]
    pub pass: Pass,
}

/// What `ledger rebuild` and `ledger accept-new-start` take.
#[derive(Clone, Debug, Args)]
pub struct NewStart {
    /// Whose word it is, for the ledger; whoever is logged in if not given
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// How long one request may wait for a service that wants to be left alone, in all
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = humantime::parse_duration)]
    pub patience: Duration,
}

/// What `ledger list` takes.
#[derive(Clone, Debug, Args)]
pub struct LedgerList {
    #[command(flatten)]
    pub filter: LedgerFilter,
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// Which entries are wanted.
#[derive(Clone, Debug, Args)]
pub struct LedgerFilter {
    /// Only this run
    #[arg(long, value_name = "GUID")]
    pub run: Option<String>,
    /// Only this incident, by its name in ARM
    #[arg(long, value_name = "GUID")]
    pub incident: Option<String>,
}

/// What `ledger export` takes.
#[derive(Clone, Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub filter: LedgerFilter,
    /// What is handed out
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub format: ExportFormat,
    /// Leave out names of people and resources, and texts that may hold one
    #[arg(long)]
    pub redact: bool,
    /// Write it to this file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `ledger prune` takes.
#[derive(Clone, Copy, Debug, Args)]
pub struct Prune {
    /// How old an entry must be
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub older_than: Duration,
}

/// What `explain` takes.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// The incident, by its number or by its name in ARM
    #[arg(value_name = "INCIDENT")]
    pub incident: String,
    #[command(flatten)]
    pub pass: Pass,
}

/// The commands about policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Say in sentences what a policy does
    Explain {
        /// A preset or a policy file; if not given, the one that --policy or the settings name
        #[arg(value_name = "PRESET|FILE")]
        named: Option<String>,
        /// What standard output holds
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: Format,
    },
    /// Try a policy on cases that say what it is to make of an incident; one that does not ends with exit code 2
    Test {
        /// The cases: TOML, or JSON where the name ends in .json
        cases: PathBuf,
        /// What standard output holds
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: Format,
    },
    /// Look at what a policy would lower now, and say yes to exactly that: a watch that waits with this policy then takes it
    Approve {
        /// Who says yes, for the ledger; whoever is logged in if not given
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        #[command(flatten)]
        pass: Pass,
    },
    /// Print a preset as a policy file to start from
    Show {
        /// Which preset
        preset: String,
    },
    /// Print the JSON schema of policy files, for editors
    Schema,
}

/// What `doctor` takes.
#[derive(Clone, Copy, Debug, Args)]
pub struct Doctor {
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// How long one request may wait for a service that wants to be left alone, in all
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = humantime::parse_duration)]
    pub patience: Duration,
}

/// What `roles` takes.
#[derive(Clone, Debug, Args)]
pub struct Roles {
    /// Whom the roles are given to: the object id of a service principal
    #[arg(long, value_name = "GUID")]
    pub principal: Option<String>,
    /// A subscription whose alerts are followed; may be given several times; the workspace's own if not given
    #[arg(long, value_name = "GUID")]
    pub subscription: Vec<String>,
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: RolesFormat,
}

/// What `demo` takes.
#[derive(Clone, Copy, Debug, Args)]
pub struct Demo {
    /// Keep the twin running afterwards, and say how to reach it
    #[arg(long)]
    pub serve: bool,
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// A command about queries, or the console.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct KqlCommand {
    #[command(subcommand)]
    pub command: Option<Kql>,
    #[command(flatten)]
    pub console: KqlConsole,
}

/// The commands about queries.
#[derive(Debug, Subcommand)]
pub enum Kql {
    /// Run one query
    Run(KqlRun),
    /// Say what is wrong with queries, without running them
    Check(KqlCheck),
    /// Run many: lines of {"id","query"} in, lines of answers out, in the same order
    Batch(KqlData),
}

/// What `kql run` takes.
#[derive(Clone, Debug, Args)]
pub struct KqlRun {
    /// The file that holds the query; `-` is standard input
    #[arg(conflicts_with = "query")]
    pub file: Option<PathBuf>,
    /// The query itself
    #[arg(long, value_name = "TEXT")]
    pub query: Option<String>,
    #[command(flatten)]
    pub data: KqlData,
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: KqlFormat,
    /// Show the columns and their types instead of rows: of every table and, with a query, of its answer
    #[arg(long)]
    pub schema: bool,
}

/// What `kql check` takes.
#[derive(Clone, Debug, Args)]
pub struct KqlCheck {
    /// The files that hold the queries; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A folder whose NAME.jsonl files are tables; the known tables of Log Analytics are there without it
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// What the console takes.
#[derive(Clone, Debug, Args)]
pub struct KqlConsole {
    #[command(flatten)]
    pub data: KqlData,
    /// What standard output holds
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: KqlFormat,
    /// A file that keeps what was typed from one console to the next
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
}

/// What queries run over.
#[derive(Clone, Debug, Args)]
pub struct KqlData {
    /// A folder whose NAME.jsonl files are the tables; si.jsonl and sa.jsonl are SecurityIncident and SecurityAlert
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What now() answers; the machine's time if not given
    #[arg(long, value_name = "RFC3339", value_parser = moment)]
    pub now: Option<OffsetDateTime>,
}

/// What standard output holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Text,
    /// One JSON document.
    Json,
}

/// What a plan is printed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// Text for people.
    Text,
    /// One JSON document.
    Json,
    /// A text for a ticket, without names of people and resources.
    Markdown,
}

/// What roles are printed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RolesFormat {
    /// A script of az commands.
    Text,
    /// Role definitions as Resource Manager takes them.
    Json,
    /// A template for a deployment at the subscription.
    Arm,
}

/// What entries are handed out as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON document.
    Json,
    /// RFC 4180, with a header line.
    Csv,
}

/// What an answer is printed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KqlFormat {
    /// A table for people.
    Table,
    /// The answer as Log Analytics gives it.
    Json,
    /// RFC 4180, with a header line.
    Csv,
}

/// How both sides are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sight {
    /// Through the workspace's tables: one query, minutes behind.
    Tables,
    /// Through the lists of both services: more requests, up to date.
    Direct,
}

impl From<Sight> for lockstep_core::Sight {
    fn from(sight: Sight) -> Self {
        match sight {
            Sight::Tables => Self::Tables,
            Sight::Direct => Self::Direct,
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line of text each.
    Text,
    /// A JSON object each.
    Json,
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "a time such as 2024-05-01T12:00:00Z is wanted (RFC 3339)".to_owned())
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if interval < SHORTEST_INTERVAL {
        return Err(format!("{SHORTEST_INTERVAL:?} is the shortest"));
    }
    Ok(interval)
}

const EVERYWHERE: &str = "Options of every command";

/// A pass takes a query, and Log Analytics takes 200 of those in 30 seconds from everybody who uses the identity.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
