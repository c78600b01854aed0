//! Records and bytes over all topics. Names as the JMX exporter makes them of Kafka's `BrokerTopicMetrics`. Series per
//! topic and partition come from collectors that look at the partitions when scraped.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Scrape;

/// Totals over all topics. Handlers add to them, once per request rather than once per partition.
#[derive(Debug, Default)]
pub struct TopicMetrics {
    /// Records appended by clients.
    pub messages_in: AtomicU64,
    /// Bytes of batches appended by clients.
    pub bytes_in: AtomicU64,
    /// Bytes of batches sent to consumers.
    pub bytes_out: AtomicU64,
    /// Bytes of batches that were refused, for example because they are too long.
    pub bytes_rejected: AtomicU64,
    /// Partitions named in Produce requests.
    pub produce_requests: AtomicU64,
    /// Partitions named in Produce requests that got an error.
    pub produce_requests_failed: AtomicU64,
    /// Partitions named in Fetch requests.
    pub fetch_requests: AtomicU64,
    /// Partitions named in Fetch requests that got an error.
    pub fetch_requests_failed: AtomicU64,
    /// Batches refused because their checksum is wrong.
    pub invalid_message_crc_records: AtomicU64,
}

impl TopicMetrics {
    /// Adds to one of the totals.
    pub fn add(&self, total: impl FnOnce(&Self) -> &AtomicU64, amount: u64) {
        total(self).fetch_add(amount, Ordering::Relaxed);
    }

    pub(super) fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result {
        let totals: [(&str, &str, &AtomicU64); 9] = [
            ("messagesin", "Records appended by clients", &self.messages_in),
            ("bytesin", "Bytes appended by clients", &self.bytes_in),
            ("bytesout", "Bytes sent to consumers", &self.bytes_out),
            ("bytesrejected", "Bytes refused", &self.bytes_rejected),
            ("totalproducerequests", "Partitions in Produce requests", &self.produce_requests),
            (
                "failedproducerequests",
                "Partitions refused in Produce requests",
                &self.produce_requests_failed,
            ),
            ("totalfetchrequests", "Partitions in Fetch requests", &self.fetch_requests),
            ("failedfetchrequests", "Partitions refused in Fetch requests", &self.fetch_requests_failed),
            (
                "invalidmessagecrcrecords",
                "Batches refused for their checksum",
                &self.invalid_message_crc_records,
            ),
        ];
        totals.iter().try_for_each(|(name, help, total)| {
            out.counters(&format!("kafka_server_brokertopicmetrics_{name}"), help, |family| {
                family.counter(&[], total.load(Ordering::Relaxed))
            })
        })
    }
}
