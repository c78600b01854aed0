//! Ids for idempotent producers, handed out from blocks that the quorum allocates (M5): an id is used once, ever.

use jackdaw_base::ProducerId;
use parking_lot::Mutex;

/// The ids that this node may hand out.
#[derive(Default)]
pub struct ProducerIds {
    block: Mutex<(i64, i64)>,
}

impl ProducerIds {
    /// The next id of the current block, `None` if it is used up.
    pub fn next(&self) -> Option<ProducerId> {
        let mut block = self.block.lock();
        (block.0 < block.1).then(|| {
            block.0 += 1;
            ProducerId(block.0 - 1)
        })
    }

    /// A new block, `[first, first + count)`. If two requests fetched one each, the rest of the older one is lost: ids are
    /// plenty, and none may come twice.
    pub fn refill(&self, first: i64, count: i64) {
        *self.block.lock() = (first, first + count);
    }
}
