//! Every variable of the environment that means something to lockstep: one list, which is also its documentation.

use std::env;
use std::fmt::Write;
use std::path::PathBuf;

use lockstep_azure::Secret;

/// A variable of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Which application signs in.
    ClientId,
    /// Its secret.
    ClientSecret,
    /// The file with the token that vouches for it.
    FederatedTokenFile,
    /// Where App Service and Container Apps give out tokens.
    IdentityEndpoint,
    /// What that endpoint wants to be shown.
    IdentityHeader,
    /// What is logged.
    Log,
    /// Whether output has colours.
    NoColor,
    /// Who is logged in, on Unix.
    User,
    /// Who is logged in, on Windows.
    UserName,
}

impl Variable {
    /// Every variable.
    pub const ALL: &'static [Self] = &[
        Self::ClientId,
        Self::ClientSecret,
        Self::FederatedTokenFile,
        Self::IdentityEndpoint,
        Self::IdentityHeader,
        Self::Log,
        Self::NoColor,
        Self::User,
        Self::UserName,
    ];

    /// Its name. Azure's own names where its other clients have one.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientId => "AZURE_CLIENT_ID",
            Self::ClientSecret => "AZURE_CLIENT_SECRET",
            Self::FederatedTokenFile => "AZURE_FEDERATED_TOKEN_FILE",
            Self::IdentityEndpoint => "IDENTITY_ENDPOINT",
            Self::IdentityHeader => "IDENTITY_HEADER",
            Self::Log => "LOCKSTEP_LOG",
            Self::NoColor => "NO_COLOR",
            Self::User => "USER",
            Self::UserName => "USERNAME",
        }
    }

    /// What it is for.
    pub fn says(self) -> &'static str {
        match self {
            Self::ClientId => "the application that signs in, where the settings name none",
            Self::ClientSecret => "its secret, where the settings name no secret_file",
            Self::FederatedTokenFile => "the token file of a workload identity, where the settings name none",
            Self::IdentityEndpoint => "set by App Service and Container Apps; read by the identity library",
            Self::IdentityHeader => "set by App Service and Container Apps; read by the identity library",
            Self::Log => "what is logged, such as \"lockstep_azure=debug\"; overrides --verbose",
            Self::NoColor => "if set, no colours",
            Self::User => "set by the system: who says yes, where --by names nobody",
            Self::UserName => "the same on Windows",
        }
    }

    /// The table for `--help` and the man pages.
    pub fn table() -> String {
        let width = Self::ALL.iter().map(|variable| variable.name().len()).max().unwrap_or_default();
        Self::ALL.iter().fold(String::from("Environment:\n"), |mut table, variable| {
            writeln!(table, "  {:width$}  {}", variable.name(), variable.says())
                .expect("a String takes all that is written");
            table
        })
    }
}

/// The environment as a value. Empty variables count as not set.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// [`Variable::ClientId`].
    pub client_id: Option<String>,
    /// [`Variable::ClientSecret`].
    pub client_secret: Option<Secret>,
    /// [`Variable::FederatedTokenFile`].
    pub federated_token_file: Option<PathBuf>,
    /// [`Variable::Log`].
    pub log: Option<String>,
    /// [`Variable::User`] or [`Variable::UserName`].
    pub user: Option<String>,
}

impl Environment {
    /// Reads the process's environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read() -> Self {
        let text = |variable: Variable| env::var(variable.name()).ok().filter(|text| !text.is_empty());
        Self {
            client_id: text(Variable::ClientId),
            client_secret: text(Variable::ClientSecret).map(Secret::from),
            federated_token_file: text(Variable::FederatedTokenFile).map(PathBuf::from),
            log: text(Variable::Log),
            user: text(Variable::User).or_else(|| text(Variable::UserName)),
        }
    }
}
