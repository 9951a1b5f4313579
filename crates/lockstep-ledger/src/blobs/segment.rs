//! The blobs that the lines lie in: which there are, reading them one after the other, and appending to the last.

use std::num::NonZero;

use azure_core::http::{Etag, RequestContent};
use azure_storage_blob::BlobClient;
use azure_storage_blob::models::{
    AppendBlobClientAppendBlockOptions, AppendBlobClientAppendBlockResultHeaders, AppendBlobClientCreateOptions,
    BlobClientDownloadOptions, BlobClientUploadOptions, BlobContainerClientListBlobsOptions, HttpRange,
};
use futures::TryStreamExt;

use super::{Home, locked, wire};
use crate::chain::Line;
use crate::error::Error;

/// One append blob, by the number of its first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    first: u64,
}

impl Segment {
    pub fn starting_at(first: u64) -> Self {
        Self { first }
    }

    /// Its name below the log's own: padded, so that names are in the order of numbers.
    pub fn name(self) -> String {
        format!("log/{:020}", self.first)
    }
}

/// Where reading or writing has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    segment: Segment,
    /// The bytes of the segment up to there.
    offset: u64,
    /// The last line up to there; 0 where there is none.
    pub number: u64,
    /// How many blocks the segment has, where that is known.
    blocks: Option<u32>,
}

impl End {
    fn at_start(segment: Segment) -> Self {
        Self { segment, offset: 0, number: segment.first - 1, blocks: None }
    }
}

impl Home {
    pub fn blob(&self, name: &str) -> BlobClient {
        self.container.blob_client(&format!("{}/{name}", self.name))
    }

    /// The names of the blobs below a prefix of the log's own name, without it, in their order.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let prefix = format!("{}/{prefix}", self.name);
        let options = BlobContainerClientListBlobsOptions { prefix: Some(prefix.clone()), ..Default::default() };
        let mut items = self.container.list_blobs(Some(options)).map_err(|error| self.named("listed", error))?;
        let mut names = Vec::new();
        while let Some(item) = items.try_next().await.map_err(|error| self.named("listed", error))? {
            names.extend(item.name.and_then(|name| name.strip_prefix(&prefix).map(ToOwned::to_owned)));
        }
        Ok(names)
    }

    /// The segments, in their order.
    pub async fn segments(&self) -> Result<Vec<Segment>, Error> {
        let names = self.list("log/").await?;
        let first = |name: &String| name.parse().ok().filter(|first| *first > 0);
        let mut segments: Vec<Segment> = names.iter().filter_map(first).map(Segment::starting_at).collect();
        segments.sort_unstable();
        Ok(segments)
    }

    /// Makes a segment, unless it is there.
    pub async fn create(&self, segment: &Segment) -> Result<(), Error> {
        let options = AppendBlobClientCreateOptions {
            blob_content_type: Some("application/x-ndjson".to_owned()),
            if_none_match: Some(Etag::from("*")),
            ..Default::default()
        };
        match self.blob(&segment.name()).append_blob_client().create(Some(options)).await {
            Ok(_) => Ok(()),
            Err(error) if wire::code(&error) == Some("BlobAlreadyExists") => Ok(()),
            Err(error) => Err(self.named("made", error)),
        }
    }

    /// The lines after a number.
    pub async fn read(&self, after: u64, limit: usize) -> Result<Vec<Line>, Error> {
        let known = locked(&self.reader).clone().filter(|at| at.number == after);
        let mut at = match known {
            Some(end) => end,
            None => End::at_start(self.segment_of(after + 1).await?),
        };
        let mut lines = Vec::new();
        loop {
            let room = limit - lines.len();
            let (found, whole) = self.page(&mut at, after, room).await?;
            lines.extend(found);
            if lines.len() == limit {
                break;
            }
            if !whole {
                continue;
            }
            match self.segments().await?.into_iter().find(|other| *other > at.segment) {
                Some(next) => at = End { number: at.number, ..End::at_start(next) },
                None => break,
            }
        }
        *locked(&self.reader) = Some(at);
        Ok(lines)
    }

    /// The segment that a line is in, or would be.
    async fn segment_of(&self, number: u64) -> Result<Segment, Error> {
        let segments = self.segments().await?;
        let missing = || Error::Missing { path: self.path() };
        segments.iter().rfind(|segment| segment.first <= number).or(segments.first()).copied().ok_or_else(missing)
    }

    /// The next lines of a segment, those after `after` alone, and whether that was all of it.
    async fn page(&self, at: &mut End, after: u64, limit: usize) -> Result<(Vec<Line>, bool), Error> {
        let bytes = self.range(&at.segment.name(), at.offset).await?;
        let (mut lines, mut consumed) = (Vec::new(), 0);
        for text in bytes.split_inclusive(|byte| *byte == b'\n') {
            if lines.len() == limit {
                return Ok((lines, false));
            }
            // The rest of the line comes with the next range; a block is never there in part.
            if !text.ends_with(b"\n") {
                break;
            }
            let line = wire::line(text).map_err(|found| Error::Damaged {
                path: self.path(),
                found: format!("{} at byte {}: {found}", at.segment.name(), at.offset),
            })?;
            consumed += text.len();
            at.offset += text.len() as u64;
            at.number = line.number;
            if line.number > after {
                lines.push(line);
            }
        }
        if consumed == 0 && bytes.len() == RANGE {
            let found = format!("{} has a line of more than {RANGE} bytes at byte {}", at.segment.name(), at.offset);
            return Err(Error::Damaged { path: self.path(), found });
        }
        Ok((lines, bytes.len() < RANGE))
    }

    /// Bytes of a blob from an offset on, as many as a range has; none at its end.
    async fn range(&self, name: &str, offset: u64) -> Result<Vec<u8>, Error> {
        let whole = NonZero::new(RANGE);
        let options = BlobClientDownloadOptions {
            // More than one request would want the blob not to grow meanwhile.
            range: Some(HttpRange::new(offset, RANGE as u64)),
            partition_size: whole,
            parallel: NonZero::new(1),
            ..Default::default()
        };
        match self.blob(name).download(Some(options)).await {
            Ok(found) => {
                let bytes = found.body.collect().await.map_err(|error| self.named("read", error))?;
                Ok(bytes.to_vec())
            }
            Err(error) if wire::status(&error) == Some(416) => Ok(Vec::new()),
            Err(error) => Err(self.named("read", error)),
        }
    }

    /// Where the log ends, read anew where that is not known.
    pub async fn end(&self) -> Result<End, Error> {
        let held = self.held()?;
        let known = locked(&self.end).clone();
        if let Some(end) = known.filter(|end| end.segment == held.segment) {
            return Ok(end);
        }
        let read = locked(&self.reader).clone().filter(|at| at.segment == held.segment);
        let mut at = read.unwrap_or_else(|| End::at_start(held.segment));
        while !self.page(&mut at, u64::MAX, usize::MAX).await?.1 {}
        Ok(at)
    }

    fn held(&self) -> Result<super::Held, Error> {
        locked(&self.held).clone().ok_or_else(|| Error::Lost { path: self.path() })
    }

    /// Appends a block whose lines go from `first` to `last`, to a new segment where the one at hand is full.
    pub async fn append(&self, end: End, first: u64, block: Vec<u8>, last: u64) -> Result<End, Error> {
        if end.blocks.is_some_and(|blocks| blocks >= self.most_blocks) {
            return self.append_to_new(first, block, last).await;
        }
        match self.append_block(&end, &block, last).await {
            Err(Unwritten::Full) => self.append_to_new(first, block, last).await,
            Err(Unwritten::Other(error)) => Err(error),
            Ok(end) => Ok(end),
        }
    }

    /// Goes on in a new segment: it is leased before anything is in it, and only then is the old one let go.
    async fn append_to_new(&self, first: u64, block: Vec<u8>, last: u64) -> Result<End, Error> {
        let old = self.held()?;
        let segment = Segment::starting_at(first);
        self.create(&segment).await?;
        self.acquire(&segment, old.id).await?;
        *locked(&self.held) = Some(super::Held { id: old.id, segment });
        // Nobody appends to it any more; its lease would end by itself.
        drop(self.give_back(&old).await);
        match self.append_block(&End::at_start(segment), &block, last).await {
            Ok(end) => Ok(end),
            Err(Unwritten::Other(error)) => Err(error),
            Err(Unwritten::Full) => Err(Error::Damaged { path: self.path(), found: "a new blob is full".to_owned() }),
        }
    }

    async fn append_block(&self, end: &End, block: &[u8], last: u64) -> Result<End, Unwritten> {
        let held = self.held()?;
        let options = || AppendBlobClientAppendBlockOptions {
            append_position: i64::try_from(end.offset).ok(),
            lease_id: Some(held.id.to_string()),
            ..Default::default()
        };
        let blob = self.blob(&held.segment.name()).append_blob_client();
        let length = block.len() as u64;
        let send = async || blob.append_block(RequestContent::from(block.to_vec()), length, Some(options())).await;
        let mut appended = send().await;
        // A lease that ran out and that nobody took since can be had back; what stands in the log decides beside.
        if appended.as_ref().is_err_and(|error| wire::code(error) == Some("LeaseLost")) {
            self.renew(&held).await?;
            appended = send().await;
        }
        let written = |blocks| End { segment: held.segment, offset: end.offset + length, number: last, blocks };
        match appended {
            Ok(reply) => {
                let blocks = reply.blob_committed_block_count().ok().flatten();
                Ok(written(blocks.and_then(|blocks| u32::try_from(blocks).ok())))
            }
            Err(error) if wire::code(&error) == Some("BlockCountExceedsLimit") => Err(Unwritten::Full),
            Err(error) if wire::code(&error) == Some("AppendPositionConditionNotMet") => {
                // A request that was sent twice is refused the second time.
                let there = self.range(&held.segment.name(), end.offset).await?;
                if there.starts_with(block) {
                    Ok(written(None))
                } else {
                    Err(Error::Moved { path: self.path() }.into())
                }
            }
            Err(error) => Err(self.named("written", error).into()),
        }
    }

    /// Puts a blob that is not there yet; false where it is.
    pub async fn put_new(&self, name: &str, text: &str) -> Result<bool, Error> {
        let options = BlobClientUploadOptions { if_none_match: Some(Etag::from("*")), ..Default::default() };
        match self.blob(name).upload(RequestContent::from(text.as_bytes().to_vec()), Some(options)).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(wire::code(&error), Some("BlobAlreadyExists")) => Ok(false),
            // A container that keeps everything says so instead.
            Err(error) if wire::code(&error).is_some_and(|code| code.contains("Immutable")) => {
                if self.whole(name).await?.as_deref() == Some(text) {
                    Ok(false)
                } else {
                    Err(self.named("written", error))
                }
            }
            Err(error) => Err(self.named("written", error)),
        }
    }

    /// The text of a blob; `None` where there is none.
    pub async fn whole(&self, name: &str) -> Result<Option<String>, Error> {
        let found = match self.blob(name).download(None).await {
            Ok(found) => found,
            Err(error) if wire::code(&error) == Some("BlobNotFound") => return Ok(None),
            Err(error) => return Err(self.named("read", error)),
        };
        let bytes = found.body.collect().await.map_err(|error| self.named("read", error))?;
        let text = String::from_utf8(bytes.to_vec());
        text.map(Some).map_err(|_| Error::Damaged { path: self.path(), found: format!("{name} is no text") })
    }

    /// Deletes a blob; one that is not there is none.
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        match self.blob(name).delete(None).await {
            Ok(_) => Ok(()),
            Err(error) if wire::code(&error) == Some("BlobNotFound") => Ok(()),
            Err(error) => Err(self.named("removed", error)),
        }
    }
}

/// Why a block was not appended.
enum Unwritten {
    /// The blob takes no more blocks.
    Full,
    Other(Error),
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// How much is read at once: some 1,000 lines.
const RANGE: usize = 1 << 20;
