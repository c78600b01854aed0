//! Which bytes of which file answer a fetch. Only a plan: nothing of the batches is read but their headers.

use std::io;
use std::sync::Arc;

use jackdaw_base::Offset;
use jackdaw_base::disk::DiskFile;

use super::PartitionLog;
use crate::segment::BatchLocation;

/// What a reader wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadRequest {
    /// The first offset wanted. The batch that holds it comes whole.
    pub offset: Offset,
    /// At most this many bytes.
    pub size_bytes_max: u64,
    /// Nothing at or above this offset (L8).
    pub bound: Offset,
    /// Whether a first batch larger than `size_bytes_max` is given all the same (KIP-74).
    pub first_batch: WholeBatch,
}

/// What happens to a first batch that is larger than the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WholeBatch {
    /// It is given whole, so that the reader gets on.
    Always,
    /// Nothing is given.
    IfItFits,
}

/// Bytes of a file.
#[derive(Clone)]
pub struct FileSlice {
    /// The segment's log file.
    pub file: Arc<dyn DiskFile>,
    /// Where the first batch starts.
    pub position: u64,
    /// How many bytes; the last batch may be cut, as Kafka's clients expect.
    pub size_bytes: u64,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum ReadFailure {
    /// The offset is below the log's start or above its end.
    OffsetOutOfRange {
        /// The first readable offset.
        log_start: Offset,
        /// The offset of the next batch.
        log_end: Offset,
    },
    /// The disk failed, or a header on it is no header.
    Disk(io::Error),
}

impl PartitionLog {
    /// The bytes for a reader, `None` if there are none below its bound yet.
    pub fn read(&self, request: &ReadRequest) -> Result<Option<FileSlice>, ReadFailure> {
        if request.offset < self.log_start || request.offset > self.log_end {
            return Err(ReadFailure::OffsetOutOfRange { log_start: self.log_start, log_end: self.log_end });
        }
        if request.offset >= request.bound
            || request.size_bytes_max == 0 && request.first_batch == WholeBatch::IfItFits
        {
            return Ok(None);
        }
        self.slice(request).map_err(ReadFailure::Disk)
    }

    fn slice(&self, request: &ReadRequest) -> io::Result<Option<FileSlice>> {
        let Some((index, first)) = self.locate(request.offset)? else { return Ok(None) };
        let segment = &self.segments[index];
        let end = self.bound_position(index, request.bound)?;
        if end <= first.position {
            return Ok(None);
        }
        let size_bytes_max = match request.first_batch {
            WholeBatch::Always => request.size_bytes_max.max(first.size_bytes),
            WholeBatch::IfItFits if request.size_bytes_max < first.size_bytes => return Ok(None),
            WholeBatch::IfItFits => request.size_bytes_max,
        };
        let size_bytes = size_bytes_max.min(end - first.position);
        Ok(Some(FileSlice { file: segment.log_file(&self.place)?, position: first.position, size_bytes }))
    }

    /// The batch that holds `offset`, or the first one behind it (compaction leaves holes), and its segment.
    pub fn locate(&self, offset: Offset) -> io::Result<Option<(usize, BatchLocation)>> {
        if self.segments.is_empty() {
            return Ok(None);
        }
        let first = self.segment_index_of(offset);
        for index in first..self.segments.len() {
            if let Some(batch) = self.segments[index].locate(&self.place, offset)? {
                return Ok(Some((index, batch)));
            }
        }
        Ok(None)
    }

    /// Where in segment `index` the readable bytes end.
    fn bound_position(&self, index: usize, bound: Offset) -> io::Result<u64> {
        let segment = &self.segments[index];
        if bound >= self.segment_end(index) {
            return Ok(segment.meta.size_bytes);
        }
        let (offset, base_offset, position) = self.boundary;
        if bound == offset && base_offset == segment.base_offset() {
            return Ok(position);
        }
        match segment.locate(&self.place, bound)? {
            Some(batch) => Ok(batch.position),
            None => Ok(segment.meta.size_bytes),
        }
    }

    /// Remembers where the log ends now, since readers will be bounded by this offset once it is flushed.
    pub fn mark_boundary(&mut self) {
        if let Some(active) = self.segments.last() {
            self.boundary = (self.log_end, active.base_offset(), active.meta.size_bytes);
        }
    }
}
