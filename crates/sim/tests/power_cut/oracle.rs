//! What one partition's log must hold: an independent memory of all that was sent, answered and shown.

use std::sync::Arc;

use jackdaw_protocol::records::{Batch, Batches, set_base_offset};

/// A batch that was accepted.
#[derive(Clone, Debug)]
pub struct Sent {
    /// As it was sent.
    pub bytes: Arc<[u8]>,
    pub base_offset: i64,
    pub next_offset: i64,
}

/// The memory of one partition.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    /// Accepted batches in the order of their offsets.
    pub sent: Vec<Sent>,
    /// Every record below was acknowledged, or shown to a reader.
    pub promised_end: i64,
    /// No start below this was ever asked for, and none above it.
    pub log_start_max: i64,
}

impl Oracle {
    pub fn end(&self) -> i64 {
        self.sent.last().map_or(0, |sent| sent.next_offset)
    }

    /// A batch was accepted at this offset.
    pub fn on_accepted(&mut self, bytes: &[u8], base_offset: i64) -> Result<(), String> {
        if base_offset != self.end() {
            return Err(format!("L2: a batch at {base_offset}, the log ended at {}", self.end()));
        }
        let batch = Batch::parse(bytes).map_err(|error| format!("the batch that was sent: {error}"))?;
        let next_offset = base_offset + i64::from(batch.last_offset_delta()) + 1;
        self.sent.push(Sent { bytes: bytes.into(), base_offset, next_offset });
        Ok(())
    }

    /// The last batch of a producer.
    pub fn last_of(&self, producer_id: i64) -> Option<&Sent> {
        self.sent
            .iter()
            .rev()
            .find(|sent| Batch::parse(&sent.bytes).is_ok_and(|batch| batch.producer_id() == producer_id))
    }

    /// The sequence that this producer has to go on with.
    pub fn next_sequence(&self, producer_id: i64) -> i32 {
        let last = self.last_of(producer_id).and_then(|sent| Batch::parse(&sent.bytes).ok());
        last.map_or(0, |batch| batch.last_sequence() + 1)
    }

    /// Somebody was told that everything below `end` is there.
    pub fn on_promised(&mut self, end: i64) -> Result<(), String> {
        if end > self.end() {
            return Err(format!("{end} was shown, but only {} was ever written", self.end()));
        }
        self.promised_end = self.promised_end.max(end);
        Ok(())
    }

    /// Retention may take away what lies before the last `retention_bytes`.
    pub fn on_retention(&mut self, retention_bytes: u64) {
        let mut behind = 0;
        for sent in self.sent.iter().rev() {
            if behind >= retention_bytes {
                self.log_start_max = self.log_start_max.max(sent.next_offset);
                return;
            }
            behind += sent.bytes.len() as u64;
        }
    }

    /// A start of the log has found `log` from `log_start` on: it must be what was sent, whole batches only, at least as far as was
    /// promised. What was never promised and is not there is forgotten.
    pub fn on_recovered(&mut self, log_start: i64, log_end: i64, log: &[u8]) -> Result<(), String> {
        if log_end < self.promised_end {
            return Err(format!("the log ends at {log_end}, but {} was promised", self.promised_end));
        }
        if log_start > self.log_start_max {
            return Err(format!("the log starts at {log_start}, asked for was {}", self.log_start_max));
        }
        let mut expected = self.sent.iter().skip_while(|sent| sent.next_offset <= log_start);
        let (mut end, going_end) = (log_start, self.log_start_max);
        for batch in Batches::new(log) {
            let batch = batch.map_err(|error| format!("behind {end} stands no batch: {error}"))?;
            // Segments go one by one, so a crash amid retention may leave a hole, but only among what was to go.
            let is_going =
                |sent: &&Sent| sent.base_offset < batch.base_offset() && sent.next_offset <= going_end;
            let sent = expected.by_ref().find(|sent| !is_going(sent));
            let sent = sent.ok_or_else(|| format!("{} was never sent", batch.base_offset()))?;
            check_same(sent, &batch)?;
            end = sent.next_offset;
        }
        if end != log_end {
            return Err(format!("the log says that it ends at {log_end}, its batches end at {end}"));
        }
        self.sent.retain(|sent| sent.next_offset <= log_end);
        Ok(())
    }
}

/// L3: a stored batch is the one that was sent, but for its base offset and leader epoch.
fn check_same(sent: &Sent, stored: &Batch<'_>) -> Result<(), String> {
    const LEADER_EPOCH: std::ops::Range<usize> = 12..16;
    let mut expected = sent.bytes.to_vec();
    set_base_offset(&mut expected, sent.base_offset);
    expected[LEADER_EPOCH].copy_from_slice(&stored.as_bytes()[LEADER_EPOCH]);
    if expected != stored.as_bytes() {
        return Err(format!(
            "at {} stands another batch than was sent to {}",
            stored.base_offset(),
            sent.base_offset
        ));
    }
    Ok(())
}
