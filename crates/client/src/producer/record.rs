//! What an application produces, and what it learns of it.

use std::sync::Arc;

/// A record to be produced. It borrows everything: sending copies it once, into the buffer of its batch.
///
/// ```
/// use jackdaw_client::producer::ProducerRecord;
///
/// let record = ProducerRecord::new("orders", b"a value").key(b"a key").headers(&[("trace", Some(b"1"))]);
/// assert_eq!(record.partition, None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerRecord<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its partition; `None` lets the partitioner choose.
    pub partition: Option<i32>,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers.
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
    /// Its timestamp in milliseconds since 1970; `None` takes the time of sending.
    pub timestamp_ms: Option<i64>,
}

impl<'a> ProducerRecord<'a> {
    /// A record with a value.
    pub fn new(topic: &'a str, value: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { value: Some(value.as_ref()), ..Self::tombstone(topic) }
    }

    /// A record without a value.
    pub const fn tombstone(topic: &'a str) -> Self {
        Self { topic, partition: None, key: None, value: None, headers: &[], timestamp_ms: None }
    }

    /// The same with a key.
    #[must_use]
    pub fn key(self, key: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { key: Some(key.as_ref()), ..self }
    }

    /// The same in this partition.
    #[must_use]
    pub const fn partition(self, partition: i32) -> Self {
        Self { partition: Some(partition), ..self }
    }

    /// The same with headers.
    #[must_use]
    pub const fn headers(self, headers: &'a [(&'a str, Option<&'a [u8]>)]) -> Self {
        Self { headers, ..self }
    }

    /// The same with a timestamp.
    #[must_use]
    pub const fn timestamp_ms(self, timestamp_ms: i64) -> Self {
        Self { timestamp_ms: Some(timestamp_ms), ..self }
    }
}

/// Where a record has gone.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RecordMetadata {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its partition.
    pub partition: i32,
    /// Its offset; `None` with `acks=0`, and where the broker has forgotten the offset of a batch that came twice.
    pub offset: Option<i64>,
    /// The time that the broker gave it, if it is the broker who does (`message.timestamp.type=LogAppendTime`).
    pub append_time_ms: Option<i64>,
}
