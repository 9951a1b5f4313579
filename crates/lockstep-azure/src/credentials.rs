//! Who we are, for each kind of identity that azure_identity knows and the settings can name.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::http::{ClientOptions, HttpClient, RetryOptions, Transport, Url};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use thiserror::Error;
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::certificate::{Assertions, Certificate, Now};
use crate::endpoints::Endpoints;
use crate::limit::Limit;
use crate::operation::Side;
use crate::pace::Pace;
use crate::secret::Secret;
use crate::throttle::{Asks, OnWait, Patience, Throttle};

/// Which identity asks.
#[derive(Clone, Debug)]
pub enum Auth {
    /// The managed identity of this host; `None` is the system-assigned one.
    ///
    /// azure_identity finds the endpoint: `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` where both are set (App Service,
    /// Container Apps), a virtual machine's fixed address otherwise.
    ManagedIdentity(Option<UserAssigned>),
    /// An application with a client secret.
    ClientSecret {
        /// The application's client id.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// An application that a token in a file vouches for (Kubernetes, GitHub). The file is read again every ten minutes.
    WorkloadIdentity {
        /// The application's client id; `None`: `AZURE_CLIENT_ID`, which Kubernetes sets.
        client_id: Option<String>,
        /// The file; `None`: `AZURE_FEDERATED_TOKEN_FILE`, which Kubernetes sets.
        token_file: Option<PathBuf>,
    },
    /// An application with a certificate.
    ClientCertificate {
        /// The application's client id.
        client_id: String,
        /// One of its certificates, with the key.
        certificate: Certificate,
        /// What tells the time.
        now: Now,
    },
    /// The application behind a service connection of Azure Pipelines. The job's own variables say where its tokens come from.
    AzurePipelines {
        /// The application's client id.
        client_id: String,
        /// The id of the service connection.
        service_connection: String,
        /// The token of the job.
        access_token: Secret,
    },
    /// Whoever is signed in to the Azure CLI.
    AzureCli,
}

/// Which user-assigned managed identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserAssigned {
    /// By its client id.
    ClientId(String),
    /// By its object id.
    ObjectId(String),
    /// By its ARM id. App Service and Container Apps take none of these.
    ResourceId(String),
}

/// An identity that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind} cannot be used: {reason}")]
pub struct AuthError {
    kind: &'static str,
    reason: String,
}

impl Auth {
    fn kind(&self) -> &'static str {
        match self {
            Self::ManagedIdentity(_) => "the managed identity",
            Self::ClientSecret { .. } => "the client secret",
            Self::ClientCertificate { .. } => "the client certificate",
            Self::WorkloadIdentity { .. } => "the workload identity",
            Self::AzurePipelines { .. } => "the service connection",
            Self::AzureCli => "the Azure CLI's account",
        }
    }

    /// Who gives out its tokens.
    fn side(&self) -> Side {
        match self {
            Self::ManagedIdentity(_) => Side::ManagedIdentity,
            Self::ClientSecret { .. }
            | Self::ClientCertificate { .. }
            | Self::WorkloadIdentity { .. }
            | Self::AzurePipelines { .. } => Side::Entra,
            Self::AzureCli => Side::AzureCli,
        }
    }

    fn credential(
        &self,
        tenant: Uuid,
        login: &Url,
        options: ClientOptions,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let tenant = tenant.to_string();
        Ok(match self {
            Self::ManagedIdentity(which) => {
                let user_assigned_id = which.clone().map(Into::into);
                let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options: options };
                ManagedIdentityCredential::new(Some(options))?
            }
            Self::ClientSecret { client_id, secret } => {
                let options = ClientSecretCredentialOptions { client_options: options };
                let secret = secret.expose().to_owned().into();
                ClientSecretCredential::new(&tenant, client_id.clone(), secret, Some(options))?
            }
            Self::WorkloadIdentity { client_id, token_file } => {
                WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options: options },
                    client_id: client_id.clone(),
                    tenant_id: Some(tenant),
                    token_file_path: token_file.clone(),
                }))?
            }
            Self::ClientCertificate { client_id, certificate, now } => {
                let audience = format!("{login}{tenant}/oauth2/v2.0/token");
                let (certificate, now) = (certificate.clone(), now.clone());
                let assertions = Assertions { certificate, client_id: client_id.clone(), audience, now };
                let options = ClientAssertionCredentialOptions { client_options: options };
                ClientAssertionCredential::new(tenant, client_id.clone(), assertions, Some(options))?
            }
            Self::AzurePipelines { client_id, service_connection, access_token } => {
                let credential_options = ClientAssertionCredentialOptions { client_options: options };
                let options = AzurePipelinesCredentialOptions { credential_options };
                let token = access_token.expose().to_owned();
                AzurePipelinesCredential::new(tenant, client_id.clone(), service_connection, token, Some(options))?
            }
            Self::AzureCli => {
                let options = AzureCliCredentialOptions { tenant_id: Some(tenant), ..Default::default() };
                AzureCliCredential::new(Some(options))?
            }
        })
    }
}

impl From<UserAssigned> for UserAssignedId {
    fn from(which: UserAssigned) -> Self {
        match which {
            UserAssigned::ClientId(id) => Self::ClientId(id),
            UserAssigned::ObjectId(id) => Self::ObjectId(id),
            UserAssigned::ResourceId(id) => Self::ResourceId(id),
        }
    }
}

/// An identity that can forget its tokens.
///
/// azure_identity's credentials keep a token until shortly before it expires and know no way to drop one that a service has
/// refused, so they are made anew.
pub struct Identity {
    auth: Auth,
    tenant: Uuid,
    login: Url,
    options: ClientOptions,
    credential: RwLock<Arc<dyn TokenCredential>>,
}

impl Identity {
    pub fn new(
        auth: Auth,
        tenant: Uuid,
        endpoints: &Endpoints,
        client: &Arc<dyn HttpClient>,
        patience: Patience,
        on_wait: &OnWait,
    ) -> Result<Self, AuthError> {
        let asks = Asks::Tokens(auth.side());
        let throttle = Throttle::new(asks, patience, Pace::default(), on_wait.clone());
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = endpoints.login.to_string();
        let options = ClientOptions {
            per_try_policies: vec![Arc::new(throttle), Arc::new(Limit(asks))],
            retry: match auth.side() {
                Side::ManagedIdentity => RetryOptions::default(),
                _ => RetryOptions::none(),
            },
            transport: Some(Transport::new(Arc::clone(client))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            ..ClientOptions::default()
        };
        let credential = auth
            .credential(tenant, &endpoints.login, options.clone())
            .map_err(|error| AuthError { kind: auth.kind(), reason: error.to_string() })?;
        Ok(Self { auth, tenant, login: endpoints.login.clone(), options, credential: RwLock::new(credential) })
    }

    /// Who gives out its tokens.
    pub fn side(&self) -> Side {
        self.auth.side()
    }

    /// Forgets every token: the next one is asked for.
    pub async fn forget_tokens(&self) -> azure_core::Result<()> {
        *self.credential.write().await = self.auth.credential(self.tenant, &self.login, self.options.clone())?;
        Ok(())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("auth", &self.auth).finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let credential = Arc::clone(&*self.credential.read().await);
        credential.get_token(scopes, options).await
    }
}
