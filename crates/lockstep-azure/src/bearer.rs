//! Putting a token on each request.
//!
//! azure_core has a policy for this. While one request fetches a token there, those that wait for it can wake each other
//! without end (its lock passes every wake-up on), which is work for nothing, and under paused time keeps it from passing.
//! Here they wait in a queue, and a token that a service refused is renewed once, however many requests had it.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{AUTHORIZATION, WWW_AUTHENTICATE};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request, StatusCode};
use tokio::sync::Mutex;

use crate::credentials::Identity;

/// Puts tokens for one audience on requests, and once a new one where a service challenges the one that it got.
#[derive(Debug)]
pub struct Bearer {
    identity: Arc<Identity>,
    scope: String,
    turn: Mutex<()>,
}

impl Bearer {
    pub fn new(identity: Arc<Identity>, scope: String) -> Self {
        Self { identity, scope, turn: Mutex::new(()) }
    }

    /// A token, which the identity keeps until shortly before it expires; another one than `refused`.
    async fn token(&self, context: &Context<'_>, refused: Option<&AccessToken>) -> azure_core::Result<AccessToken> {
        let _turn = self.turn.lock().await;
        let token = self.ask(context).await?;
        if refused.is_none_or(|refused| refused.token.secret() != token.token.secret()) {
            return Ok(token);
        }
        self.identity.forget_tokens().await?;
        self.ask(context).await
    }

    async fn ask(&self, context: &Context<'_>) -> azure_core::Result<AccessToken> {
        let mut options = TokenRequestOptions::default();
        options.method_options.context = context.to_borrowed();
        self.identity.get_token(&[&self.scope], Some(options)).await
    }
}

#[async_trait]
impl Policy for Bearer {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if request.url().scheme() != "https" {
            return Err(Error::with_message(ErrorKind::Other, "a token is sent over TLS alone"));
        }
        let token = self.token(context, None).await?;
        authorize(request, &token);
        let reply = next[0].send(context, request, &next[1..]).await?;
        let is_challenged =
            reply.status() == StatusCode::Unauthorized && reply.headers().get_str(&WWW_AUTHENTICATE).is_ok();
        if !is_challenged {
            return Ok(reply);
        }
        let token = self.token(context, Some(&token)).await?;
        authorize(request, &token);
        request.body_mut().reset().await?;
        next[0].send(context, request, &next[1..]).await
    }
}

fn authorize(request: &mut Request, token: &AccessToken) {
    request.insert_header(AUTHORIZATION, format!("Bearer {}", token.token.secret()));
}
