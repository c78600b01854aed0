//! Numbers that look random and are the same each time (xorshift): content of records for tools that measure.

/// The next numbers.
pub struct Random(u64);

impl Random {
    /// From the beginning.
    pub fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A letter from A to Z.
    pub fn letter(&mut self) -> u8 {
        b'A' + (self.next() % 26) as u8
    }
}
