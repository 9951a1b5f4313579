//! Taking the lease, keeping it, and giving it back.

use std::sync::Arc;
use std::time::Duration;

use azure_storage_blob::models::{BlobClientAcquireLeaseOptions, BlobClientRenewLeaseOptions};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::segment::Segment;
use super::{Held, Home, locked, wire};
use crate::error::Error;

/// Renews the lease until it is dropped, and then gives it back if there is time for that.
pub struct Renewing {
    home: Arc<Home>,
    task: JoinHandle<()>,
}

impl Renewing {
    pub fn start(home: Arc<Home>) -> Self {
        let renewed = Arc::clone(&home);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWAL).await;
                let Some(held) = locked(&renewed.held).clone() else { return };
                // One that fails is tried again in time; one that is lost shows with the next append.
                if let Err(Error::Lost { .. }) = renewed.renew(&held).await {
                    return;
                }
            }
        });
        Self { home, task }
    }
}

impl Drop for Renewing {
    fn drop(&mut self) {
        self.task.abort();
        let held = locked(&self.home.held).take();
        if let (Some(held), Ok(runtime)) = (held, tokio::runtime::Handle::try_current()) {
            let home = Arc::clone(&self.home);
            runtime.spawn(async move { home.give_back(&held).await });
        }
    }
}

impl Home {
    /// Takes the lease of the blob that is appended to, and makes the first one where there is none.
    pub async fn take(&self, id: Uuid) -> Result<Segment, Error> {
        loop {
            let Some(last) = self.segments().await?.pop() else {
                self.create(&Segment::starting_at(1)).await?;
                continue;
            };
            self.acquire(&last, id).await?;
            // The one who held it may have gone on to another since.
            if self.segments().await?.last() == Some(&last) {
                return Ok(last);
            }
            self.give_back(&Held { id, segment: last }).await?;
        }
    }

    /// Takes the lease of one blob.
    pub async fn acquire(&self, segment: &Segment, id: Uuid) -> Result<(), Error> {
        let options = BlobClientAcquireLeaseOptions { proposed_lease_id: Some(id.to_string()), ..Default::default() };
        let acquired = self.blob(&segment.name()).acquire_lease(DURATION, Some(options)).await;
        acquired.map(drop).map_err(|error| self.named("leased", error))
    }

    pub async fn renew(&self, held: &Held) -> Result<(), Error> {
        let options = BlobClientRenewLeaseOptions::default();
        let renewed = self.blob(&held.segment.name()).renew_lease(held.id.to_string(), Some(options)).await;
        renewed.map(drop).map_err(|error| self.named("leased", error))
    }

    /// Gives a lease back; one that is not ours any more is nobody's business.
    pub async fn give_back(&self, held: &Held) -> Result<(), Error> {
        let released = self.blob(&held.segment.name()).release_lease(held.id.to_string(), None).await;
        match released {
            Ok(_) => Ok(()),
            Err(error) if wire::status(&error).is_some_and(|status| matches!(status, 404 | 409 | 412)) => Ok(()),
            Err(error) => Err(self.named("released", error)),
        }
    }
}

/// The longest that a lease can last and still end, in seconds. Source: "Lease Blob", which takes 15 to 60 or no end at all.
const DURATION: i32 = 60;
/// Two more tries fit before it ends.
const RENEWAL: Duration = Duration::from_secs(20);
