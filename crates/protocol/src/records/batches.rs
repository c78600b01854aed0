//! The batches in a run of bytes, as a produce request, a fetched slice or a piece of a log file holds them.

use super::{Batch, BatchError};

/// Iterates over the whole batches at the front of some bytes. The first error ends it.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    bytes: &'a [u8],
    position: usize,
    failed: bool,
}

impl<'a> Batches<'a> {
    /// Starts at the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, failed: false }
    }

    /// Where the next batch starts: the end of the last whole one.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<Batch<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.bytes[self.position..];
        if self.failed || rest.is_empty() {
            return None;
        }
        match Batch::parse(rest) {
            Ok(batch) => {
                self.position += batch.size_bytes();
                Some(Ok(batch))
            }
            Err(error) => {
                self.failed = true;
                Some(Err(error.moved_by(self.position)))
            }
        }
    }
}

impl std::iter::FusedIterator for Batches<'_> {}
