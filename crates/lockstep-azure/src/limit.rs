//! One try: a reply with its whole body, within the time and the size that an answer of that side may have.
//!
//! It comes last before the network, so that no wait for a token counts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, Context, Request};
use bytes::BytesMut;
use futures::StreamExt;
use tokio::time::timeout;

use crate::logs;
use crate::operation::Side;
use crate::throttle::Asks;

/// Takes in the whole of a reply, or gives up.
#[derive(Debug)]
pub struct Limit(pub Asks);

#[async_trait]
impl Policy for Limit {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let (side, _) = self.0.who(context);
        let limit = longest_answer(side);
        match timeout(limit, whole(context, request, next)).await {
            Ok(result) => result,
            Err(_) => Err(Error::with_message(ErrorKind::Io, format!("nothing came within {} s", limit.as_secs()))),
        }
    }
}

async fn whole(context: &Context<'_>, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
    let (status, headers, mut body) = next[0].send(context, request, &next[1..]).await?.deconstruct();
    let mut whole = BytesMut::new();
    while let Some(part) = body.next().await {
        whole.extend_from_slice(&part?);
        if whole.len() > LARGEST_BODY {
            return Err(Error::with_message(ErrorKind::DataConversion, "the answer is larger than 128 MiB"));
        }
    }
    Ok(AsyncRawResponse::from_bytes(status, headers, whole.freeze()))
}

fn longest_answer(side: Side) -> Duration {
    Duration::from_secs(match side {
        // The host itself, or nobody.
        Side::ManagedIdentity => 10,
        Side::Entra | Side::AzureCli => 60,
        // A request of Blob Storage has 30 s by itself, and 10 s more for each MiB.
        Side::Storage => 60,
        // Resource Manager gives a provider 60 s.
        Side::Sentinel | Side::Defender | Side::ResourceManager => 75,
        // What the request asks for in `Prefer: wait`, and some.
        Side::LogAnalytics => logs::LONGEST_QUERY.as_secs() + 20,
    })
}

/// Log Analytics gives about 100 MiB at most; nobody else gives nearly as much.
const LARGEST_BODY: usize = 128 << 20;
