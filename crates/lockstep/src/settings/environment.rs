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
    /// The file with its certificate and key.
    ClientCertificatePath,
    /// The file with the token that vouches for it.
    FederatedTokenFile,
    /// Which application a service connection of Azure Pipelines stands for.
    PipelinesClientId,
    /// Which service connection.
    PipelinesServiceConnection,
    /// The token of the pipeline's job.
    PipelinesAccessToken,
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
        Self::ClientCertificatePath,
        Self::FederatedTokenFile,
        Self::PipelinesClientId,
        Self::PipelinesServiceConnection,
        Self::PipelinesAccessToken,
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
            Self::ClientCertificatePath => "AZURE_CLIENT_CERTIFICATE_PATH",
            Self::FederatedTokenFile => "AZURE_FEDERATED_TOKEN_FILE",
            Self::PipelinesClientId => "AZURESUBSCRIPTION_CLIENT_ID",
            Self::PipelinesServiceConnection => "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
            Self::PipelinesAccessToken => "SYSTEM_ACCESSTOKEN",
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
            Self::ClientCertificatePath => "its certificate and key in one PEM file, where the settings name none",
            Self::PipelinesClientId => "set by Azure Pipelines; the application of its service connection",
            Self::PipelinesServiceConnection => "set by Azure Pipelines; the service connection",
            Self::PipelinesAccessToken => "the job's own token, which a pipeline has to map into the step",
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
    /// [`Variable::ClientCertificatePath`].
    pub client_certificate_path: Option<PathBuf>,
    /// [`Variable::FederatedTokenFile`].
    pub federated_token_file: Option<PathBuf>,
    /// [`Variable::PipelinesClientId`].
    pub pipelines_client_id: Option<String>,
    /// [`Variable::PipelinesServiceConnection`].
    pub pipelines_service_connection: Option<String>,
    /// [`Variable::PipelinesAccessToken`].
    pub pipelines_access_token: Option<Secret>,
    /// Whether [`Variable::IdentityEndpoint`] and [`Variable::IdentityHeader`] are both set.
    pub has_identity_endpoint: bool,
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
            client_certificate_path: text(Variable::ClientCertificatePath).map(PathBuf::from),
            federated_token_file: text(Variable::FederatedTokenFile).map(PathBuf::from),
            pipelines_client_id: text(Variable::PipelinesClientId),
            pipelines_service_connection: text(Variable::PipelinesServiceConnection),
            pipelines_access_token: text(Variable::PipelinesAccessToken).map(Secret::from),
            has_identity_endpoint: text(Variable::IdentityEndpoint).is_some()
                && text(Variable::IdentityHeader).is_some(),
            log: text(Variable::Log),
            user: text(Variable::User).or_else(|| text(Variable::UserName)),
        }
    }
}
