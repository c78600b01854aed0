//! Batches as producers send them, drawn from a seed.

use jackdaw_protocol::compression::Compression;
use jackdaw_protocol::records::{Batch, BatchBuilder, BatchOptions, ProducerFields};
use jackdaw_sim::Random;

/// An idempotent producer of one partition.
#[derive(Clone, Debug)]
pub struct Producer {
    pub id: i64,
    pub sequence: i32,
}

impl Producer {
    /// One of its batches was accepted; others change nothing.
    pub fn on_sent(&mut self, bytes: &[u8]) {
        let Ok(batch) = Batch::parse(bytes) else { return };
        if batch.producer_id() == self.id {
            self.sequence = batch.last_sequence() + 1;
        }
    }
}

/// A batch of a few records: mostly small, sometimes over several pages, sometimes packed, sometimes of an idempotent producer.
pub fn draw(random: &mut Random, producer: Option<&Producer>, now_ms: i64) -> Vec<u8> {
    let compression = match random.below(6) {
        0 => Compression::Lz4,
        1 => Compression::Gzip,
        _ => Compression::None,
    };
    let count = 1 + random.below(4) as i32;
    let fields =
        |producer: &Producer| ProducerFields { id: producer.id, epoch: 0, base_sequence: producer.sequence };
    let producer = producer.map(fields);
    let mut builder = BatchBuilder::new(BatchOptions { compression, producer, ..BatchOptions::default() });
    for _ in 0..count {
        let size_bytes = if random.chance(1, 8) { random.index(6_000) } else { random.index(200) };
        let mut value = vec![0; size_bytes];
        random.fill(&mut value);
        let timestamp = now_ms - random.below(1_000) as i64;
        builder.append(timestamp, Some(b"key"), Some(&value), &[]).expect("a record that fits");
    }
    builder.build().expect("a batch that fits")
}
