//! Sending a request.
//!
//! One pipeline for each audience of tokens; azure_core adds the client's name and redacted logging, [`Bearer`] the token,
//! [`Throttle`] the waits and [`Limit`] the end of each try. A reply of any status comes back as a [`Reply`].

use std::sync::Arc;

use azure_core::http::headers::HeaderName;
use azure_core::http::policies::Policy;
use azure_core::http::{
    ClientOptions, Context, HttpClient, Pipeline, PipelineSendOptions, Request, RetryOptions, Transport,
};
use uuid::Uuid;

use crate::bearer::Bearer;
use crate::credentials::Identity;
use crate::endpoints::{Endpoints, World};
use crate::error::{Error, Fault, RequestIds};
use crate::limit::Limit;
use crate::no_reply::Lost;
use crate::operation::{Operation, Side};
use crate::pace::Pace;
use crate::reply::Reply;
use crate::throttle::{Asks, OnWait, Patience, Throttle};

/// Carries requests to the services.
#[derive(Debug)]
pub struct Exchange {
    arm: Pipeline,
    logs: Pipeline,
    throttle: Arc<Throttle>,
    identity: Arc<Identity>,
    tokens_host: String,
    world: World,
}

impl Exchange {
    pub fn new(
        endpoints: &Endpoints,
        identity: Arc<Identity>,
        client: &Arc<dyn HttpClient>,
        patience: Patience,
        pace: Pace,
        on_wait: &OnWait,
        world: World,
    ) -> Self {
        let throttle = Arc::new(Throttle::new(Asks::Service, patience, pace, on_wait.clone()));
        let pipeline = |scope: String| {
            let bearer = Bearer::new(Arc::clone(&identity), scope);
            pipeline(client, vec![Arc::clone(&throttle) as _, Arc::new(bearer), Arc::new(Limit(Asks::Service))])
        };
        let tokens_host = match (identity.side(), endpoints.login.host_str()) {
            (Side::Entra, Some(host)) => host.to_owned(),
            _ => "it".to_owned(),
        };
        let (arm, logs) = (pipeline(endpoints.arm_scope()), pipeline(endpoints.logs_scope()));
        Self { arm, logs, throttle, identity, tokens_host, world }
    }

    /// Waits until a write may leave, and holds a place for it. Answers whether there was anything to wait for.
    pub async fn turn(&self, operation: Operation) -> bool {
        self.throttle.turn(operation).await
    }

    /// Sends `request` on behalf of `run`, and brings back a reply of any status.
    pub async fn send(&self, operation: Operation, mut request: Request, run: Uuid) -> Result<Reply, Error> {
        let mut ids = RequestIds { client: Uuid::new_v4().to_string(), service: None };
        request.insert_header(CLIENT_REQUEST_ID, ids.client.clone());
        request.insert_header(CORRELATION_REQUEST_ID, run.to_string());
        request.insert_header("accept", "application/json");
        let pipeline = if operation.side() == Side::LogAnalytics { &self.logs } else { &self.arm };
        let context = Context::new().with_value(operation);
        let options = PipelineSendOptions { skip_checks: true, ..Default::default() };
        match pipeline.send(&context, &mut request, Some(options)).await {
            Ok(reply) => {
                let is_twin = reply.headers().get_optional_str(&TWIN).is_some();
                let is_other = match self.world {
                    World::Any => false,
                    World::Services => is_twin,
                    World::Twin => !is_twin && reply.status().is_success(),
                };
                if is_other {
                    return Err(Error { operation, side: operation.side(), fault: Fault::OtherWorld { is_twin }, ids });
                }
                ids.service = reply.headers().get_optional_string(&REQUEST_ID);
                // Not every 401 comes with a challenge that would have been answered by now.
                if u16::from(reply.status()) == 401
                    && let Err(error) = self.identity.forget_tokens().await
                {
                    tracing::warn!(%error, "the credential cannot be made anew");
                }
                Ok(Reply::new(operation, reply, ids))
            }
            Err(error) => {
                let lost = Lost::new(&error);
                let (side, host) = if lost.is_about_tokens() {
                    (self.identity.side(), &*self.tokens_host)
                } else {
                    (operation.side(), request.url().host_str().unwrap_or_default())
                };
                Err(Error { operation, side, fault: lost.fault(host), ids })
            }
        }
    }
}

/// A pipeline over `client` with these policies, the first of which alone sends again.
fn pipeline(client: &Arc<dyn HttpClient>, per_try: Vec<Arc<dyn Policy>>) -> Pipeline {
    let transport = Some(Transport::new(Arc::clone(client)));
    let options = ClientOptions { transport, retry: RetryOptions::none(), ..ClientOptions::default() };
    Pipeline::new(Some("lockstep"), option_env!("CARGO_PKG_VERSION"), options, Vec::new(), per_try, None)
}

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const CORRELATION_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
/// The header by which a twin's answers are known.
const TWIN: HeaderName = HeaderName::from_static("x-lockstep-twin");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
