//! A closed batch on its way.

use tokio::time::Instant;

use crate::producer::record_writer::Stamp;

/// The place of a batch among those of its partition. Splitting keeps the number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::producer) struct Order {
    /// Rises with every batch that is opened.
    pub(in crate::producer) number: u64,
    /// The index of its first record within the batch as it was opened.
    pub(in crate::producer) first_index: i32,
}

/// A closed batch.
#[derive(Debug)]
pub(in crate::producer) struct Batch<P> {
    pub(in crate::producer) payload: P,
    pub(in crate::producer) order: Order,
    /// How many records.
    pub(in crate::producer) count: i32,
    /// What it takes in a request.
    pub(in crate::producer) size_bytes: usize,
    pub(in crate::producer) expires_at: Instant,
    /// How often it was sent.
    pub(in crate::producer) attempts: u32,
    /// An attempt ended without an answer: the broker may have it.
    pub(in crate::producer) may_be_written: bool,
    /// What identifies it at the broker, from the first attempt on.
    pub(in crate::producer) stamp: Option<Stamp>,
}

impl<P> Batch<P> {
    /// A batch that was never sent.
    pub(in crate::producer) fn new(
        payload: P,
        number: u64,
        count: i32,
        size_bytes: usize,
        expires_at: Instant,
    ) -> Self {
        let order = Order { number, first_index: 0 };
        Self {
            payload,
            order,
            count,
            size_bytes,
            expires_at,
            attempts: 0,
            may_be_written: false,
            stamp: None,
        }
    }
}
