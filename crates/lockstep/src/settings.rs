//! What the command line, lockstep.toml and the environment mean together.
//!
//! The command line goes before the file; the environment holds secrets and what a host says about its identity, nothing
//! else. Every value is checked here, once, and a wrong one is shown where it was found.

mod auth;
mod environment;
mod file;
mod ledger;
mod several;

use std::path::PathBuf;
use std::time::Duration;

use lockstep_azure::{Auth, Authorities, Cloud, Endpoint, Endpoints, Pace, Scope, Secret, Webhook, World};
use lockstep_core::{Ceilings, Instance};
use toml::Spanned;

pub use environment::{Environment, Variable};
pub use file::Document;
pub use ledger::LedgerHome;

use crate::arguments::Common;
use crate::policy_file::{self, ChosenPolicy};
use crate::problem::Problem;
use file::{CloudTable, LedgerTable, PaceTable, Text, WatchTable, WorkspaceTable};
use ledger::{Access, LEDGER, home, typed_address};
use several::{Found, Written};

/// What a pass needs to know.
#[derive(Debug)]
pub struct Settings {
    /// The cloud's name.
    pub cloud: String,
    /// Where it answers.
    pub endpoints: Endpoints,
    /// Certificates to trust, PEM; see [`Settings::authorities`].
    pub ca: Option<Vec<u8>>,
    /// The workspace.
    pub scope: Scope,
    /// Who asks.
    pub auth: Auth,
    /// How much of what the services give is taken.
    pub pace: Pace,
    /// What is to be done.
    pub policy: ChosenPolicy,
    /// Where the ledger lies.
    pub ledger: LedgerHome,
    /// How long after its last mark another installation counts as one that still writes; `None` where nobody says.
    pub other_instance_within: Option<Duration>,
    /// How a watch behaves.
    pub watch: WatchSettings,
    /// What carries requests.
    pub carrier: Carrier,
    /// What this installation is called: in its marks, and for whoever finds the ledger in use.
    pub instance: Instance,
}

/// What carries requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// The network.
    Network,
    /// The network, and what goes over it is kept in a folder.
    Recorded {
        folder: PathBuf,
        /// With texts that may tell of people.
        names: bool,
    },
    /// A recording in a folder, and nobody else.
    Replayed { folder: PathBuf },
}

impl Carrier {
    /// As the command line says it; each of several workspaces has a folder of its own.
    fn of(common: &Common, workspace: Option<&str>) -> Self {
        let folder = |folder: &PathBuf| workspace.map_or_else(|| folder.clone(), |name| folder.join(name));
        match (&common.record, &common.replay) {
            (Some(record), _) => Self::Recorded { folder: folder(record), names: common.record_names },
            (None, Some(replay)) => Self::Replayed { folder: folder(replay) },
            (None, None) => Self::Network,
        }
    }
}

/// How a watch behaves.
#[derive(Clone, Debug)]
pub struct WatchSettings {
    /// Who is told of problems.
    pub on_problem: Option<Webhook>,
    /// How many passes have to fail one after another before somebody is told.
    pub problem_after: u32,
}

impl Settings {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// A problem that shows the first wrong or missing value, where it was found and what would work.
    pub fn read(common: &Common, environment: &Environment) -> Result<Self, Problem> {
        Self::of(several::one(common)?, common, environment)
    }

    fn of(written: Written, common: &Common, environment: &Environment) -> Result<Self, Problem> {
        let Written { name, document, file, ceilings } = written;
        let policy = policy_of(&document, file.policy, ceilings, common)?;
        let carrier = Carrier::of(common, name.as_deref());
        let cloud = file.cloud.unwrap_or_default();
        let ca = cloud.ca.as_ref().map(|ca| document.read_named(ca, "the CA file")).transpose()?;
        let endpoints = endpoints(&document, &cloud)?;
        let pace = pace(&document, file.pace.unwrap_or_default(), &cloud)?;
        let cloud = cloud.name.map_or_else(|| Cloud::Public.name().to_owned(), Spanned::into_inner);
        let scope = scope(&document, file.workspace)?;
        let auth = match carrier {
            // A recording asks for no proof.
            Carrier::Replayed { .. } => {
                Auth::ClientSecret { client_id: "replay".to_owned(), secret: Secret::new("replay") }
            }
            _ => auth::auth(&document, file.auth, environment)?,
        };
        let authorities = authorities(&cloud, ca.as_deref());
        let access = Access { auth: &auth, scope: &scope, endpoints: &endpoints, authorities };
        let other_instance_within = other_instance_within(&document, file.ledger.as_ref())?;
        let ledger = home(&document, file.ledger, common, &access)?;
        let watch = watch(&document, file.watch.unwrap_or_default())?;
        let instance = instance(&document, file.instance)?;
        Ok(Self {
            cloud,
            endpoints,
            ca,
            scope,
            auth,
            carrier,
            pace,
            policy,
            ledger,
            other_instance_within,
            watch,
            instance,
        })
    }

    /// The host of Resource Manager, as a URL without a last slash.
    pub fn host(&self) -> &str {
        self.endpoints.arm().as_str().trim_end_matches('/')
    }

    /// Who is meant to answer there.
    pub fn world(&self) -> World {
        if self.cloud == TWIN { World::Twin } else { World::Services }
    }

    /// Who vouches for the hosts: for a twin and a custom cloud its own authorities alone, for a known one the system's beside them.
    pub fn authorities(&self) -> Authorities<'_> {
        authorities(&self.cloud, self.ca.as_deref())
    }
}

fn authorities<'a>(cloud: &str, ca: Option<&'a [u8]>) -> Authorities<'a> {
    match ca {
        None => Authorities::System,
        Some(pem) if [CUSTOM, TWIN].contains(&cloud) => Authorities::Only(pem),
        Some(pem) => Authorities::SystemAnd(pem),
    }
}

/// The workspaces that are asked for.
#[derive(Debug)]
pub enum Workspaces<T> {
    /// The one.
    One(T),
    /// Each by its name. What is wrong with one is that one's problem.
    Several(Vec<(String, Result<T, Problem>)>),
}

impl<T> Workspaces<T> {
    fn read(common: &Common, of: impl Fn(Written) -> Result<T, Problem>) -> Result<Self, Problem> {
        Ok(match several::find(common)? {
            Found::One(written) => Self::One(of(*written)?),
            Found::Several(all) => {
                Self::Several(all.into_iter().map(|(name, written)| (name, written.and_then(&of))).collect())
            }
        })
    }
}

impl Workspaces<Settings> {
    /// Reads and checks everything about every workspace.
    ///
    /// # Errors
    /// What leaves nothing to do for any of them.
    pub fn settings(common: &Common, environment: &Environment) -> Result<Self, Problem> {
        Self::read(common, |written| Settings::of(written, common, environment))
    }
}

impl Workspaces<Place> {
    /// Reads where and under which policy.
    ///
    /// # Errors
    /// As for [`Workspaces::settings`].
    pub fn places(common: &Common) -> Result<Self, Problem> {
        Self::read(common, |written| Place::of(written, common))
    }
}

/// Where and under which policy, for who asks nobody: it takes no identity.
#[derive(Debug)]
pub struct Place {
    /// The workspace.
    pub scope: Scope,
    /// What is to be done.
    pub policy: ChosenPolicy,
}

impl Place {
    fn of(Written { document, file, ceilings, .. }: Written, common: &Common) -> Result<Self, Problem> {
        let policy = policy_of(&document, file.policy, ceilings, common)?;
        Ok(Self { policy, scope: scope(&document, file.workspace)? })
    }
}

/// Where the ledger lies; needs no lockstep.toml where the command line names a file.
///
/// # Errors
/// lockstep.toml is needed and cannot be used; all of it is, where the ledger lies in a storage account.
pub fn ledger(common: &Common, environment: &Environment) -> Result<LedgerHome, Problem> {
    if let (Some(path), None) = (&common.ledger, typed_address(common)) {
        return Ok(LedgerHome::file(path));
    }
    let written = several::one(common)?;
    match &written.file.ledger {
        _ if typed_address(common).is_some() => {}
        Some(table) if table.url.is_some() => {}
        table => {
            let named = table.as_ref().and_then(|table| table.path.as_deref());
            return Ok(LedgerHome::file(&written.document.beside(named.unwrap_or(LEDGER.as_ref()))));
        }
    }
    Settings::of(written, common, environment).map(|settings| settings.ledger)
}

/// What is to be done; needs no lockstep.toml where the command line says it.
///
/// # Errors
/// Neither says it, or what they say cannot be used.
pub fn policy(common: &Common) -> Result<ChosenPolicy, Problem> {
    match &common.policy {
        Some(typed) => Ok(within(policy_file::typed(typed)?, Ceilings::default(), common)),
        None => policy_again(common),
    }
}

/// What is to be done in the workspace of the settings, read again.
///
/// # Errors
/// As for [`Settings::read`], but for what is not read here.
pub fn policy_again(common: &Common) -> Result<ChosenPolicy, Problem> {
    let Written { document, file, ceilings, .. } = several::one(common)?;
    policy_of(&document, file.policy, ceilings, common)
}

fn policy_of(
    document: &Document,
    named: Option<Text>,
    ceilings: Ceilings,
    common: &Common,
) -> Result<ChosenPolicy, Problem> {
    let chosen = match (&common.policy, named) {
        (Some(typed), _) => policy_file::typed(typed)?,
        (None, Some(named)) => policy_file::set(document, &named)?,
        (None, None) => {
            let missing = format!("no policy is named, so nothing was done: {} has none", document.name());
            return Err(policy_file::hinted(Problem::usage(missing)));
        }
    };
    Ok(within(chosen, ceilings, common))
}

/// A policy with what the command line says otherwise, and under these ceilings.
fn within(mut chosen: ChosenPolicy, ceilings: Ceilings, common: &Common) -> ChosenPolicy {
    if let Some(sight) = common.sight {
        chosen.policy.sight = sight.into();
    }
    let own = &mut chosen.policy.ceilings;
    let lower = |own: Option<u32>, share: Option<u32>| own.into_iter().chain(share).min();
    own.changes = lower(own.changes, ceilings.changes);
    own.lowerings = lower(own.lowerings, ceilings.lowerings);
    chosen
}

fn instance(document: &Document, named: Option<Text>) -> Result<Instance, Problem> {
    let Some(named) = named else { return Ok(Instance::default()) };
    Instance::parse(named.get_ref()).ok_or_else(|| {
        let message = format!("\"{}\" is no name of an installation", named.get_ref().escape_debug());
        document.wrong(Some(&named), message, "1 to 40 letters, digits, dots, hyphens and underscores are wanted")
    })
}

fn other_instance_within(document: &Document, table: Option<&LedgerTable>) -> Result<Option<Duration>, Problem> {
    let Some(within) = table.and_then(|table| table.other_instance_within.as_ref()) else { return Ok(None) };
    humantime::parse_duration(within.get_ref()).map(Some).map_err(|error| {
        let message = format!("\"{}\" is no length of time: {error}", within.get_ref().escape_debug());
        document.wrong(Some(within), message, "a length of time such as \"1h\" is wanted")
    })
}

fn watch(document: &Document, table: WatchTable) -> Result<WatchSettings, Problem> {
    let problem_after = match &table.problem_after {
        None => PROBLEM_AFTER,
        Some(after) if *after.get_ref() > 0 => *after.get_ref(),
        Some(after) => {
            return Err(document.wrong_at(after.span(), "no pass fails before the first", "1 or more is wanted"));
        }
    };
    let url = match (table.on_problem, table.on_problem_file) {
        (None, None) => return Ok(WatchSettings { on_problem: None, problem_after }),
        (Some(url), None) => url.into_inner(),
        (None, Some(file)) => {
            let bytes = document.read_named(&file, "the file with the URL")?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        (Some(_), Some(file)) => {
            return Err(document.wrong(Some(&file), "two places are named for problems", "one of both is wanted"));
        }
    };
    // The URL may hold a secret, so that its place in the file is not shown.
    let webhook = Webhook::new(&url)
        .map_err(|error| Problem::usage(format!("{}: on_problem cannot be used", document.name())).because(&error))?;
    Ok(WatchSettings { on_problem: Some(webhook), problem_after })
}

/// The limits that are documented are those of the known clouds.
fn pace(document: &Document, table: PaceTable, cloud: &CloudTable) -> Result<Pace, Problem> {
    let is_custom = cloud.name.as_ref().is_some_and(|name| [CUSTOM, TWIN].contains(&name.get_ref().as_str()));
    let pace = match table.share {
        None if is_custom && table.widen.is_none() => Pace::none(),
        None => Pace::default(),
        Some(share) => Pace::of(*share.get_ref()).ok_or_else(|| {
            let message = format!("{} is no share of what the services give", share.get_ref());
            document.wrong_at(share.span(), message, "a number from 0.01 to 1 is wanted")
        })?,
    };
    Ok(if table.widen == Some(true) { pace.widening() } else { pace })
}

fn endpoints(document: &Document, cloud: &CloudTable) -> Result<Endpoints, Problem> {
    let named = cloud.name.as_ref().map_or(Cloud::Public.name(), |name| name.get_ref());
    let places = [
        (Endpoint::Arm, "arm", &cloud.arm),
        (Endpoint::Login, "login", &cloud.login),
        (Endpoint::Logs, "logs", &cloud.logs),
    ];
    if named != CUSTOM && named != TWIN {
        let known: Cloud = named.parse().map_err(|error: lockstep_azure::EndpointsError| {
            let problem = document.wrong(
                cloud.name.as_ref(),
                error.to_string(),
                "public, us-government, custom or twin is wanted",
            );
            problem.hint("for another cloud, set name = \"custom\" and name its arm, login and logs endpoints")
        })?;
        return match places.iter().find_map(|(_, key, url)| url.as_ref().map(|url| (key, url))) {
            None => Ok(Endpoints::of(known)),
            Some((key, url)) => {
                let message = format!("`{key}` cannot be set for the cloud \"{named}\", whose endpoints are known");
                Err(document
                    .wrong(Some(url), message, "not wanted here")
                    .hint("set name = \"custom\" to name endpoints"))
            }
        };
    }
    let mut endpoints = Endpoints::of(Cloud::Public);
    for (endpoint, key, url) in places {
        let url = url.as_ref().ok_or_else(|| {
            let message = format!("the {named} cloud has no `{key}`");
            document
                .wrong(cloud.name.as_ref(), message, "needs arm, login and logs")
                .hint(format!("add {key} = \"https://HOST\" to [cloud]"))
        })?;
        endpoints = endpoints
            .with(endpoint, url.get_ref())
            .map_err(|error| document.wrong(Some(url), error.to_string(), "https://HOST[:PORT] is wanted"))?;
    }
    if named == TWIN
        && let Some((_, host)) = endpoints.microsoft_host()
    {
        let message = format!("the configuration is for a twin, and {host} is a host of Microsoft's");
        let named = places.iter().find_map(|(_, _, url)| url.as_ref().filter(|url| url.get_ref().contains(host)));
        return Err(document
            .wrong(named, message, "a twin's host is wanted")
            .hint("name the cloud that is meant under [cloud], or start a twin with `lockstep twin`"));
    }
    match (&cloud.arm_audience, &cloud.logs_audience) {
        (None, None) => Ok(endpoints),
        (Some(arm), Some(logs)) => endpoints
            .with_audiences(arm.get_ref(), logs.get_ref())
            .map_err(|error| document.wrong(Some(arm), error.to_string(), "a URL is wanted")),
        (Some(one), None) | (None, Some(one)) => Err(document.wrong(
            Some(one),
            "one audience is named without the other",
            "arm_audience and logs_audience go together",
        )),
    }
}

fn scope(document: &Document, workspace: Option<Spanned<WorkspaceTable>>) -> Result<Scope, Problem> {
    let Some(workspace) = workspace else {
        let problem = Problem::usage(format!("{} names no workspace", document.name()));
        return Err(problem.hint("add [workspace] with tenant, subscription, resource_group, name and id"));
    };
    let (header, table) = (workspace.span(), workspace.into_inner());
    let need = |key: &'static str, value: Option<Text>| {
        value.ok_or_else(|| {
            document.wrong_at(header.clone(), format!("[workspace] has no `{key}`"), format!("`{key}` is missing"))
        })
    };
    let tenant = need("tenant", table.tenant)?;
    let subscription = need("subscription", table.subscription)?;
    let group = need("resource_group", table.resource_group)?;
    let name = need("name", table.name)?;
    let id = need("id", table.id)?;
    Scope::new(tenant.get_ref(), subscription.get_ref(), group.get_ref(), name.get_ref(), id.get_ref()).map_err(
        |error| {
            use lockstep_azure::ScopeError;
            let (culprit, wanted) = match &error {
                ScopeError::ResourceGroup(_) => (&group, "the name of a resource group is wanted"),
                ScopeError::Workspace(_) => (&name, "the name of a workspace is wanted"),
                ScopeError::Guid { piece: "tenant", .. } => (&tenant, "a GUID is wanted"),
                ScopeError::Guid { piece: "subscription", .. } => (&subscription, "a GUID is wanted"),
                ScopeError::Guid { .. } => (&id, "a GUID is wanted"),
            };
            document.wrong(Some(culprit), error.to_string(), wanted)
        },
    )
}

const PROBLEM_AFTER: u32 = 3;
const CUSTOM: &str = "custom";
const TWIN: &str = "twin";
