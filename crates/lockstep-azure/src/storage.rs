//! How requests to Blob Storage travel: over the same network and as the same identity as all others.
//!
//! What is asked is the vendor's client's business (`azure_storage_blob`); here is what it is given.

use std::sync::Arc;

use azure_core::http::{ClientOptions, HttpClient, RetryOptions, Transport};
use uuid::Uuid;

use crate::bearer::Bearer;
use crate::credentials::{Auth, AuthError, Identity};
use crate::endpoints::Endpoints;
use crate::limit::Limit;
use crate::throttle::{Asks, OnWait, Patience};

/// Options for a client of Blob Storage, which asks as `auth` in `tenant` and sends everything, for tokens too, through `client`.
///
/// A request that fails on the way is sent again for up to a minute: who writes must bear that it arrives twice.
///
/// # Errors
/// The identity cannot be used as it is described.
pub fn storage_options(
    auth: Auth,
    tenant: Uuid,
    endpoints: &Endpoints,
    client: &Arc<dyn HttpClient>,
) -> Result<ClientOptions, AuthError> {
    let identity = Identity::new(auth, tenant, endpoints, client, Patience::default(), &OnWait::default())?;
    Ok(ClientOptions {
        per_try_policies: vec![
            Arc::new(Bearer::new(Arc::new(identity), SCOPE.to_owned())),
            Arc::new(Limit(Asks::Storage)),
        ],
        retry: RetryOptions::default(),
        transport: Some(Transport::new(Arc::clone(client))),
        ..ClientOptions::default()
    })
}

/// The same in every cloud. Source: "Authorize access to blobs using Microsoft Entra ID", Resource ID.
const SCOPE: &str = "https://storage.azure.com/.default";
