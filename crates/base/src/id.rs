//! Names for things: nodes, topics, partitions, producers. Wire types stay plain integers.

use std::fmt;
use std::str::FromStr;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    };
}

integer_id!(
    /// A broker or controller: Kafka's `node.id`.
    NodeId(i32)
);
integer_id!(
    /// The number of a partition within its topic, from 0.
    PartitionIndex(i32)
);
integer_id!(
    /// The number of a leadership of a partition or of the quorum; it only rises.
    LeaderEpoch(i32)
);
integer_id!(
    /// An idempotent producer (KIP-98).
    ProducerId(i64)
);
integer_id!(
    /// The incarnation of an idempotent producer; a newer one fences the older (KIP-98).
    ProducerEpoch(i16)
);

impl LeaderEpoch {
    /// What the protocol writes where the epoch is not known.
    pub const UNKNOWN: Self = Self(-1);
}

impl ProducerId {
    /// What a batch carries whose producer is not idempotent.
    pub const NONE: Self = Self(-1);
}

/// 16 bytes, written as 22 characters of URL-safe base64 without padding, as Kafka writes them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

/// The id of a topic (KIP-516): it survives nothing; a topic created again gets another one.
pub type TopicId = Uuid;
/// The id of a log directory (KIP-858).
pub type DirectoryId = Uuid;

const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A text that is not a base64 UUID of 22 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseUuidError;

impl fmt::Display for ParseUuidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUID in URL-safe base64 (22 characters)")
    }
}

impl std::error::Error for ParseUuidError {}

impl Uuid {
    /// "No UUID"; as a directory id `MIGRATING` of KIP-858.
    pub const ZERO: Self = Self([0; 16]);
    /// As a topic id `__cluster_metadata` (KIP-595), as a directory id `UNASSIGNED` (KIP-858).
    pub const ONE: Self = Self::from_u128(1);
    /// As a directory id `LOST` (KIP-858).
    pub const TWO: Self = Self::from_u128(2);

    /// The UUID whose big-endian value is `value`.
    pub const fn from_u128(value: u128) -> Self {
        Self(value.to_be_bytes())
    }

    /// Whether this is the all-zero UUID.
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// A random (version 4) UUID made of `bits`; Kafka never hands out one that starts with a dash, since
    /// command lines would read it as a flag, nor a reserved one: `None` then, and the caller draws again.
    pub fn random_from(bits: [u8; 16]) -> Option<Self> {
        let mut bytes = bits;
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let id = Self(bytes);
        (!id.to_string().starts_with('-')).then_some(id)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u128::from_be_bytes(self.0);
        let mut text = [0u8; 22];
        for (i, character) in text.iter_mut().enumerate() {
            let shift = 122 - 6 * i as i32;
            let index = if shift >= 0 { value >> shift } else { value << -shift } & 0x3f;
            *character = BASE64_URL[index as usize];
        }
        f.write_str(std::str::from_utf8(&text).expect("base64 is ASCII"))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, ParseUuidError> {
        let text = text.trim_end_matches('=').as_bytes();
        if text.len() != 22 {
            return Err(ParseUuidError);
        }
        let mut value = 0u128;
        for (i, character) in text.iter().enumerate() {
            let index = BASE64_URL.iter().position(|c| c == character).ok_or(ParseUuidError)? as u128;
            let shift = 122 - 6 * i as i32;
            value |= if shift >= 0 { index << shift } else { index >> -shift };
        }
        Ok(Self(value.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests;
