//! The codecs of a record batch (KIP-98, zstd KIP-110, levels KIP-390): which there are, packing, and unpacking
//! with a cap on what comes out, so that a compression bomb costs no more than the cap. Not the records inside.

mod compressor;
mod decompressor;
mod snappy;

use std::fmt;
use std::ops::RangeInclusive;

pub use compressor::compress;
pub use decompressor::{Decompressor, decompress};

/// How the records of a batch are packed. The value is the one in the batch's attributes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(u8)]
pub enum Compression {
    /// Not at all.
    #[default]
    None = 0,
    /// RFC 1952.
    Gzip = 1,
    /// Snappy: written in xerial's framing, read with and without it.
    Snappy = 2,
    /// LZ4's frame format, independent blocks.
    Lz4 = 3,
    /// RFC 8878.
    Zstd = 4,
}

impl Compression {
    /// All of them, by id.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// The number in a batch's attributes.
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The codec with this number.
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.get(usize::from(id)).copied()
    }

    /// The name in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }

    /// The levels that `compression.<codec>.level` allows; `None` where a codec has no levels.
    pub const fn levels(self) -> Option<RangeInclusive<i32>> {
        match self {
            Self::None | Self::Snappy => None,
            Self::Gzip => Some(1..=9),
            Self::Lz4 => Some(1..=17),
            Self::Zstd => Some(-131_072..=22),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How hard a codec tries. What a codec does not know (a level of snappy, lz4's high compression, which our
/// library lacks) has no effect; every level can be read by everybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CompressionLevel {
    /// Kafka's default of the codec: gzip's own, 3 for zstd.
    #[default]
    Default,
    /// This level; one outside of [`Compression::levels`] counts as the nearest one inside.
    Level(i32),
}

/// Why bytes cannot be packed or unpacked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CompressionError {
    /// More came out than the caller allows.
    #[error("{compression} data unpacks to more than {bytes_max} bytes")]
    OutputTooLarge {
        /// The codec.
        compression: Compression,
        /// The caller's cap.
        bytes_max: usize,
    },
    /// The bytes are not what the codec writes.
    #[error("{compression} data is damaged: {reason}")]
    Damaged {
        /// The codec.
        compression: Compression,
        /// What the codec's library says.
        reason: String,
    },
    /// The codec's library failed while packing.
    #[error("{compression} cannot pack: {reason}")]
    CannotPack {
        /// The codec.
        compression: Compression,
        /// What the codec's library says.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
