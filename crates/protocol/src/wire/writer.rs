//! The second pass: bytes to be sent.

use super::Sink;

/// Bytes that the sender adds itself, in the middle of those of a [`Writer`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Split {
    /// So many bytes of [`Writer::bytes`] go out before them.
    pub position: usize,
    /// How many there are.
    pub size_bytes: usize,
}

/// Output: bytes, and the places where the sender adds others.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Writer {
    /// What is written so far.
    pub bytes: Vec<u8>,
    /// In rising order of position.
    pub splits: Vec<Split>,
}

impl Writer {
    /// An empty one.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), splits: Vec::new() }
    }

    /// Bytes on the wire: those here, and those that the sender adds.
    pub fn total_bytes(&self) -> usize {
        self.bytes.len() + self.splits.iter().map(|split| split.size_bytes).sum::<usize>()
    }

    /// Empties it; the memory stays.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.splits.clear();
    }
}

impl Sink for Writer {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    #[inline]
    fn external(&mut self, size_bytes: usize) {
        if size_bytes > 0 {
            self.splits.push(Split { position: self.bytes.len(), size_bytes });
        }
    }
}
