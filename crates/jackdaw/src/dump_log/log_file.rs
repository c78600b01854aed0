//! The batches of a log file one after the other, through a window that never holds more than one batch and what was read
//! ahead. Where they end, and why there, is part of the answer.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use jackdaw_cli::files;
use jackdaw_protocol::records::{BATCH_OVERHEAD, Batch, BatchError, BatchHeader};

/// How much is read at once.
const READ_BYTES: usize = 1 << 20;

/// Why no batch follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The file ends with a batch.
    Whole,
    /// Behind the last batch are zeros only: room that was reserved.
    Zeros {
        /// How many.
        bytes: u64,
    },
    /// Behind the last batch is the beginning of one.
    Torn {
        /// How many bytes of it.
        bytes: u64,
    },
    /// Behind the last batch is something else.
    Damaged {
        /// Where it starts.
        position: u64,
        /// What is wrong with it.
        error: BatchError,
    },
}

/// A log file that is read from its front.
pub struct LogFile {
    file: File,
    size_bytes: u64,
    /// Where the window starts in the file.
    window_position: u64,
    window: Vec<u8>,
    /// The next batch within the window.
    next: usize,
}

/// What stands at the place that was reached.
enum Ahead {
    /// A batch of this many bytes, all of them in the window.
    Batch(usize),
    End(End),
}

impl LogFile {
    /// Opens a file; no more than `bytes_max` of it are read.
    pub fn open(path: &Path, bytes_max: u64) -> io::Result<Self> {
        let file = files::open(path)?;
        let size_bytes = file.metadata()?.len().min(bytes_max);
        Ok(Self { file, size_bytes, window_position: 0, window: Vec::new(), next: 0 })
    }

    /// Goes on at `position`.
    pub fn seek(&mut self, position: u64) {
        self.window.clear();
        self.next = 0;
        self.window_position = position;
    }

    /// The next batch and where it starts, or why there is none.
    pub fn next_batch(&mut self) -> io::Result<Result<(u64, Batch<'_>), End>> {
        let size_bytes = match self.look_ahead()? {
            Ahead::Batch(size_bytes) => size_bytes,
            Ahead::End(end) => return Ok(Err(end)),
        };
        let (start, position) = (self.next, self.position());
        self.next += size_bytes;
        let batch = Batch::parse(&self.window[start..start + size_bytes]);
        Ok(batch.map(|batch| (position, batch)).map_err(|error| End::Damaged { position, error }))
    }

    fn look_ahead(&mut self) -> io::Result<Ahead> {
        let left = self.size_bytes.saturating_sub(self.position());
        if left == 0 {
            return Ok(Ahead::End(End::Whole));
        }
        self.fill(BATCH_OVERHEAD.min(clamped(left)))?;
        let torn = Ahead::End(End::Torn { bytes: left });
        match BatchHeader::parse(&self.window[self.next..]) {
            Ok(header) if header.size_bytes() as u64 > left => Ok(torn),
            Ok(header) => {
                let size_bytes = header.size_bytes();
                self.fill(size_bytes)?;
                Ok(Ahead::Batch(size_bytes))
            }
            Err(_) if self.rest_is_zero()? => Ok(Ahead::End(End::Zeros { bytes: left })),
            Err(BatchError::Truncated { .. }) => Ok(torn),
            Err(error) => Ok(Ahead::End(End::Damaged { position: self.position(), error })),
        }
    }

    /// Where the next batch starts in the file.
    fn position(&self) -> u64 {
        self.window_position + self.next as u64
    }

    /// Brings `needed` bytes, which the file has, into the window.
    fn fill(&mut self, needed: usize) -> io::Result<()> {
        if self.window.len() - self.next >= needed {
            return Ok(());
        }
        self.window.drain(..self.next);
        self.window_position += self.next as u64;
        self.next = 0;
        let from = self.window.len();
        let left = clamped(self.size_bytes - self.window_position);
        self.window.resize(needed.max(READ_BYTES).min(left), 0);
        let mut filled = from;
        while filled < self.window.len() {
            match self.file.read_at(&mut self.window[filled..], self.window_position + filled as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        Ok(())
    }

    fn rest_is_zero(&self) -> io::Result<bool> {
        let mut buffer = vec![0; READ_BYTES];
        let mut position = self.position();
        while position < self.size_bytes {
            let wanted = buffer.len().min(clamped(self.size_bytes - position));
            let count = self.file.read_at(&mut buffer[..wanted], position)?;
            if count == 0 {
                break;
            }
            if buffer[..count].iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            position += count as u64;
        }
        Ok(true)
    }
}

fn clamped(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
