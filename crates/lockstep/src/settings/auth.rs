//! Who asks: which kinds of identity can be named, what belongs to each, and which one is taken where none is.

use std::path::Path;

use lockstep_azure::{Auth, Certificate, Now, Secret, UserAssigned};
use lockstep_core::Time;
use toml::Spanned;

use super::environment::{Environment, Variable};
use super::file::{AuthTable, Document, Text};
use crate::platform;
use crate::problem::Problem;

/// The identity that the table and the environment describe together.
///
/// # Errors
/// The first thing that is wrong or missing, and where.
pub fn auth(document: &Document, set: Option<Spanned<AuthTable>>, environment: &Environment) -> Result<Auth, Problem> {
    let Some(set) = set else {
        let problem = Problem::usage(format!("{} does not say who asks: it has no `auth`", document.name()));
        return Err(problem.hint(format!("add auth = KIND, one of {}", kinds())));
    };
    let span = set.span();
    let table = set.into_inner();
    let written = table.kind.get_ref().as_str();
    let Some(kind) = Kind::ALL.iter().copied().find(|kind| kind.name() == written) else {
        let message = format!("\"{}\" is no kind of identity that is known", written.escape_debug());
        let place = if table.kind.span().is_empty() { span } else { table.kind.span() };
        return Err(document.wrong_at(place, message, format!("one of {} is wanted", kinds())));
    };
    let reading = Reading { document, span, environment };
    reading.stray(kind, &table)?;
    reading.auth(kind, table)
}

/// A kind of identity, as settings name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    ManagedIdentity,
    ClientSecret,
    ClientCertificate,
    WorkloadIdentity,
    AzurePipelines,
    AzureCli,
    Auto,
}

impl Kind {
    const ALL: &'static [Self] = &[
        Self::ManagedIdentity,
        Self::ClientSecret,
        Self::ClientCertificate,
        Self::WorkloadIdentity,
        Self::AzurePipelines,
        Self::AzureCli,
        Self::Auto,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::ManagedIdentity => "managed-identity",
            Self::ClientSecret => "client-secret",
            Self::ClientCertificate => "client-certificate",
            Self::WorkloadIdentity => "workload-identity",
            Self::AzurePipelines => "azure-pipelines",
            Self::AzureCli => "azure-cli",
            Self::Auto => "auto",
        }
    }

    /// The keys that may stand beside it.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::ManagedIdentity => &["client_id", "object_id", "resource_id"],
            Self::ClientSecret => &["client_id", "secret_file"],
            Self::ClientCertificate => &["client_id", "certificate_file"],
            Self::WorkloadIdentity => &["client_id", "token_file"],
            Self::AzurePipelines => &["client_id", "service_connection"],
            Self::AzureCli | Self::Auto => &[],
        }
    }

    /// The kind that the environment speaks for: what it names by its own variables first, then the host's identity where the
    /// host says that it has one, then whoever is signed in to the Azure CLI. Nothing is tried out on the network.
    fn by(environment: &Environment) -> Self {
        let has_application = environment.client_id.is_some();
        if has_application && environment.federated_token_file.is_some() {
            Self::WorkloadIdentity
        } else if has_application && environment.client_certificate_path.is_some() {
            Self::ClientCertificate
        } else if has_application && environment.client_secret.is_some() {
            Self::ClientSecret
        } else if environment.pipelines_access_token.is_some() && environment.pipelines_service_connection.is_some() {
            Self::AzurePipelines
        } else if environment.has_identity_endpoint {
            Self::ManagedIdentity
        } else {
            Self::AzureCli
        }
    }
}

fn kinds() -> String {
    Kind::ALL.iter().map(|kind| format!("\"{}\"", kind.name())).collect::<Vec<_>>().join(", ")
}

/// What an identity is read from.
struct Reading<'a> {
    document: &'a Document,
    /// Where the identity is set.
    span: std::ops::Range<usize>,
    environment: &'a Environment,
}

impl Reading<'_> {
    /// Refuses a key that means nothing for `kind`.
    fn stray(&self, kind: Kind, table: &AuthTable) -> Result<(), Problem> {
        let mut stray = table.keys().into_iter().filter(|(key, _)| !kind.keys().contains(key));
        match stray.find_map(|(key, value)| value.as_ref().map(|value| (key, value))) {
            None => Ok(()),
            Some((key, value)) => {
                let message = format!("`{key}` means nothing for auth \"{}\"", kind.name());
                Err(self.document.wrong(Some(value), message, "not wanted here"))
            }
        }
    }

    fn auth(&self, kind: Kind, table: AuthTable) -> Result<Auth, Problem> {
        match kind {
            Kind::Auto => self.auth(Kind::by(self.environment), table),
            Kind::AzureCli => Ok(Auth::AzureCli),
            Kind::ManagedIdentity => self.managed_identity(table),
            Kind::ClientSecret => {
                let client_id =
                    self.client_id(kind, table.client_id, &self.environment.client_id, Variable::ClientId)?;
                let secret = match &table.secret_file {
                    Some(path) => self.secret_from(path)?,
                    None => self.environment.client_secret.clone().ok_or_else(|| {
                        let problem =
                            self.missing("there is no client secret", Variable::ClientSecret, "needs a secret");
                        let variable = Variable::ClientSecret.name();
                        problem.hint(format!(
                            "set {variable} or name a file that holds the secret: secret_file = \"PATH\""
                        ))
                    })?,
                };
                Ok(Auth::ClientSecret { client_id, secret })
            }
            Kind::ClientCertificate => self.client_certificate(table),
            Kind::WorkloadIdentity => {
                let client_id =
                    self.client_id(kind, table.client_id, &self.environment.client_id, Variable::ClientId)?;
                let named = table.token_file.map(|path| self.document.beside(Path::new(path.get_ref())));
                let token_file = named.or_else(|| self.environment.federated_token_file.clone()).ok_or_else(|| {
                    let variable = Variable::FederatedTokenFile;
                    let problem = self.missing("there is no token to show", variable, "needs a token file");
                    problem.hint(format!("set {} or token_file = \"PATH\"", variable.name()))
                })?;
                Ok(Auth::WorkloadIdentity { client_id: Some(client_id), token_file: Some(token_file) })
            }
            Kind::AzurePipelines => {
                let environment = self.environment;
                let variable = Variable::PipelinesClientId;
                let client_id = self.client_id(kind, table.client_id, &environment.pipelines_client_id, variable)?;
                let named = table.service_connection.map(Spanned::into_inner);
                let service_connection = named.or_else(|| environment.pipelines_service_connection.clone());
                let service_connection = service_connection.ok_or_else(|| {
                    let variable = Variable::PipelinesServiceConnection;
                    let problem =
                        self.missing("no service connection is named", variable, "needs a service connection");
                    problem.hint(format!("set {} or service_connection = \"GUID\"", variable.name()))
                })?;
                let access_token = environment.pipelines_access_token.clone().ok_or_else(|| {
                    let variable = Variable::PipelinesAccessToken;
                    let problem = self.missing("the job has no token of its own", variable, "needs the job's token");
                    problem.hint("map it into the step: env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)")
                })?;
                Ok(Auth::AzurePipelines { client_id, service_connection, access_token })
            }
        }
    }

    fn managed_identity(&self, table: AuthTable) -> Result<Auth, Problem> {
        let named = [
            table.client_id.map(|id| (id.span(), UserAssigned::ClientId(id.into_inner()))),
            table.object_id.map(|id| (id.span(), UserAssigned::ObjectId(id.into_inner()))),
            table.resource_id.map(|id| (id.span(), UserAssigned::ResourceId(id.into_inner()))),
        ];
        let mut named = named.into_iter().flatten();
        let first = named.next();
        match named.next() {
            Some((span, _)) => {
                Err(self.document.wrong_at(span, "the managed identity is named twice", "one id is wanted"))
            }
            None => Ok(Auth::ManagedIdentity(first.map(|(_, id)| id))),
        }
    }

    fn client_certificate(&self, table: AuthTable) -> Result<Auth, Problem> {
        let (kind, variable) = (Kind::ClientCertificate, Variable::ClientCertificatePath);
        let client_id = self.client_id(kind, table.client_id, &self.environment.client_id, Variable::ClientId)?;
        let unusable = |found: String| format!("the certificate cannot be used: {found}");
        let certificate = match (&table.certificate_file, &self.environment.client_certificate_path) {
            (Some(path), _) => {
                let pem = self.document.read_named(path, "the certificate file")?;
                certificate(pem).map_err(|found| {
                    self.document.wrong(Some(path), unusable(found), "a PEM file with both is wanted")
                })?
            }
            (None, Some(path)) => {
                let pem = std::fs::read(path).map_err(|error| {
                    let what = format!("{}, which {} names, cannot be read", path.display(), variable.name());
                    Problem::usage(what).because(&error)
                })?;
                certificate(pem).map_err(|found| Problem::usage(format!("{}: {}", path.display(), unusable(found))))?
            }
            (None, None) => {
                let problem = self.missing("there is no certificate", variable, "needs a certificate");
                return Err(problem.hint(format!("set {} or certificate_file = \"PATH\"", variable.name())));
            }
        };
        let now = Now::told_by(|| {
            let ticks = platform::now().unix_timestamp_nanos() / 100;
            Time::from_ticks(i64::try_from(ticks).unwrap_or(i64::MAX))
        });
        Ok(Auth::ClientCertificate { client_id, certificate, now })
    }

    fn client_id(
        &self,
        kind: Kind,
        named: Option<Text>,
        set: &Option<String>,
        variable: Variable,
    ) -> Result<String, Problem> {
        named.map(Spanned::into_inner).or_else(|| set.clone()).ok_or_else(|| {
            let what = format!("auth \"{}\" does not say which application", kind.name());
            let problem = self.missing(&what, variable, "needs a client id");
            problem.hint(format!("set {} or client_id = \"GUID\"", variable.name()))
        })
    }

    fn missing(&self, what: &str, variable: Variable, label: &str) -> Problem {
        self.document.wrong_at(self.span.clone(), format!("{what}: {} is not set", variable.name()), label)
    }

    fn secret_from(&self, path: &Text) -> Result<Secret, Problem> {
        let bytes = self.document.read_named(path, "the secret file")?;
        let text = String::from_utf8(bytes).ok().map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
        match text {
            Some(text) if !text.is_empty() => Ok(Secret::new(text)),
            _ => Err(self.document.wrong(
                Some(path),
                "the secret file holds no secret",
                "a file with one line is wanted",
            )),
        }
    }
}

/// The certificate in a file, or what is wrong with it. Nothing of the file is repeated.
fn certificate(pem: Vec<u8>) -> Result<Certificate, String> {
    let pem = String::from_utf8(pem).map_err(|_| "it is no PEM text".to_owned())?;
    Certificate::from_pem(&Secret::new(pem)).map_err(|error| error.to_string())
}
