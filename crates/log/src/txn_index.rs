//! The `.txnindex` file: the aborted transactions whose markers are in the segment, in the order of their markers.
//! Entries of 34 bytes: version i16 = 0, producer id i64, first offset i64, last offset i64, last stable offset i64.

use jackdaw_base::{Offset, ProducerId};

use crate::index_bytes::{IndexError, check_size};
use crate::producer_state::CompletedTransaction;

/// The size of an entry.
pub const ENTRY_BYTES: usize = 34;

const VERSION: i16 = 0;

/// An aborted transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbortedTransaction {
    /// Whose transaction.
    pub producer_id: ProducerId,
    /// The offset of its first record.
    pub first_offset: Offset,
    /// The offset of its marker.
    pub last_offset: Offset,
    /// Up to where everything was decided when the marker was written.
    pub last_stable_offset: Offset,
}

impl AbortedTransaction {
    /// The entry for a transaction that was completed; `None` if it was committed.
    pub fn of(completed: &CompletedTransaction) -> Option<Self> {
        completed.is_aborted.then_some(Self {
            producer_id: completed.producer_id,
            first_offset: completed.first_offset,
            last_offset: completed.last_offset,
            last_stable_offset: completed.last_stable_offset,
        })
    }

    /// Appends the bytes of the entry.
    pub fn encode(&self, output: &mut Vec<u8>) {
        output.extend_from_slice(&VERSION.to_be_bytes());
        output.extend_from_slice(&self.producer_id.0.to_be_bytes());
        output.extend_from_slice(&self.first_offset.0.to_be_bytes());
        output.extend_from_slice(&self.last_offset.0.to_be_bytes());
        output.extend_from_slice(&self.last_stable_offset.0.to_be_bytes());
    }

    fn decode(entry: usize, bytes: &[u8; ENTRY_BYTES]) -> Result<Self, IndexError> {
        let version = i16::from_be_bytes([bytes[0], bytes[1]]);
        if version != VERSION {
            return Err(IndexError::UnknownVersion { entry, version });
        }
        let long = |at: usize| i64::from_be_bytes(*bytes[at..].first_chunk().expect("lies within the entry"));
        Ok(Self {
            producer_id: ProducerId(long(2)),
            first_offset: Offset(long(10)),
            last_offset: Offset(long(18)),
            last_stable_offset: Offset(long(26)),
        })
    }

    /// Whether records of it lie in `fetch_offset..upper_bound`.
    pub fn overlaps(&self, fetch_offset: Offset, upper_bound: Offset) -> bool {
        self.last_offset >= fetch_offset && self.first_offset < upper_bound
    }
}

/// All entries of a file, in order. Other than the other indexes it is never preallocated.
pub fn decode_all(bytes: &[u8]) -> Result<Vec<AbortedTransaction>, IndexError> {
    check_size::<ENTRY_BYTES>(bytes)?;
    let (entries, _) = bytes.as_chunks::<ENTRY_BYTES>();
    let mut transactions: Vec<AbortedTransaction> = Vec::with_capacity(entries.len());
    for (entry, bytes) in entries.iter().enumerate() {
        let transaction = AbortedTransaction::decode(entry, bytes)?;
        let rises = transactions.last().is_none_or(|last| transaction.last_offset > last.last_offset);
        if !rises || transaction.first_offset > transaction.last_offset {
            return Err(IndexError::NotRising { entry });
        }
        transactions.push(transaction);
    }
    Ok(transactions)
}

/// [`decode_all`], and every marker lies in the segment, whose offsets are `base_offset..end_offset`.
pub fn check(
    bytes: &[u8],
    base_offset: Offset,
    end_offset: Offset,
) -> Result<Vec<AbortedTransaction>, IndexError> {
    let transactions = decode_all(bytes)?;
    let inside = base_offset..end_offset;
    match transactions.iter().position(|transaction| !inside.contains(&transaction.last_offset)) {
        Some(entry) => Err(IndexError::OutsideSegment { entry }),
        None => Ok(transactions),
    }
}

/// The aborted transactions of one segment that overlap with what a reader gets, `fetch_offset..upper_bound`, and
/// whether the search is complete: if not, it goes on in the next segment.
pub fn collect_aborted(
    transactions: &[AbortedTransaction],
    fetch_offset: Offset,
    upper_bound: Offset,
) -> (Vec<AbortedTransaction>, bool) {
    let mut aborted = Vec::new();
    for transaction in transactions {
        if transaction.overlaps(fetch_offset, upper_bound) {
            aborted.push(*transaction);
        }
        // Whatever is aborted later started at or above this offset.
        if transaction.last_stable_offset >= upper_bound {
            return (aborted, true);
        }
    }
    (aborted, false)
}

/// How many entries stay when the log is cut at `offset`.
pub fn entries_below(transactions: &[AbortedTransaction], offset: Offset) -> usize {
    transactions.partition_point(|transaction| transaction.last_offset < offset)
}

#[cfg(test)]
mod tests;
