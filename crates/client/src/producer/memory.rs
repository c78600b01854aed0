//! `buffer.memory`: how much the batches of a producer may take in all, and buffers that are used again, because memory that
//! is touched for the first time costs as much as sending it.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::error::{ErrorKind, Result};

/// The memory of a producer.
pub(super) struct Memory {
    total_bytes: usize,
    /// What a buffer has room for.
    buffer_bytes: usize,
    /// One permit is one byte.
    room: Semaphore,
    /// Buffers that are not in use: no more bytes than the producer may use at all.
    spare: Mutex<Spare>,
}

#[derive(Default)]
struct Spare {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Memory {
    pub(super) fn new(total_bytes: usize, buffer_bytes: usize) -> Self {
        let total_bytes = total_bytes.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        Self { total_bytes, buffer_bytes, room: Semaphore::new(total_bytes), spare: Mutex::default() }
    }

    /// What a batch takes whose first record has this size.
    ///
    /// # Errors
    /// `RecordTooLarge`: no wait would help.
    pub(super) fn needed(&self, first_bytes: usize) -> Result<usize> {
        let needed = self.buffer_bytes.max(first_bytes);
        if needed <= self.total_bytes {
            return Ok(needed);
        }
        // A small memory holds one small batch at a time.
        if first_bytes <= self.total_bytes {
            return Ok(self.total_bytes);
        }
        Err(ErrorKind::RecordTooLarge { size_bytes: first_bytes, bytes_max: self.total_bytes }.into())
    }

    /// Takes room if there is some; it has to be released.
    pub(super) fn try_reserve(&self, bytes: usize) -> bool {
        match self.room.try_acquire_many(bytes as u32) {
            Ok(permit) => {
                permit.forget();
                true
            }
            Err(_) => false,
        }
    }

    /// Waits for room, in turn. What is returned gives it back unless it is used.
    ///
    /// # Errors
    /// `Timeout`.
    pub(super) async fn reserve(&self, bytes: usize, wait_max: Duration) -> Result<Reservation<'_>> {
        match timeout(wait_max, self.room.acquire_many(bytes as u32)).await {
            Ok(Ok(permit)) => {
                permit.forget();
                Ok(Reservation { memory: self, bytes })
            }
            Ok(Err(_)) => Err(ErrorKind::Closed.into()),
            Err(_) => {
                Err(ErrorKind::Timeout { waiting_for: "room in buffer.memory", after: wait_max }.into())
            }
        }
    }

    /// Gives room back.
    pub(super) fn release(&self, bytes: usize) {
        self.room.add_permits(bytes);
    }

    /// A buffer with this much room.
    pub(super) fn buffer(&self, bytes: usize) -> Vec<u8> {
        if bytes <= self.buffer_bytes {
            let mut spare = self.spare.lock();
            if let Some(buffer) = spare.buffers.pop() {
                spare.bytes -= buffer.capacity();
                return buffer;
            }
        }
        Vec::with_capacity(bytes)
    }

    /// Keeps a buffer for the next batch.
    pub(super) fn recycle(&self, mut buffer: Vec<u8>) {
        let mut spare = self.spare.lock();
        let bytes = spare.bytes + buffer.capacity();
        if buffer.capacity() >= self.buffer_bytes && bytes <= self.total_bytes {
            buffer.clear();
            spare.bytes = bytes;
            spare.buffers.push(buffer);
        }
    }

    /// Bytes in use.
    pub(super) fn used_bytes(&self) -> usize {
        self.total_bytes - self.room.available_permits()
    }
}

/// Room that was waited for.
pub(super) struct Reservation<'a> {
    memory: &'a Memory,
    bytes: usize,
}

impl Reservation<'_> {
    /// Takes `bytes` of it for good, if they are there.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let is_enough = self.bytes >= bytes;
        if is_enough {
            self.bytes -= bytes;
        }
        is_enough
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.memory.release(self.bytes);
    }
}

#[cfg(test)]
mod tests;
