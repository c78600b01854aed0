//! Kafka's formats: bytes in, values out. No I/O, no clock, no entropy; no bytes from outside panic or
//! decide the size of an allocation. What the values mean is for the crates above.

pub mod api_key;
pub mod compression;
pub mod error_code;
pub mod header;
pub mod message;
pub mod messages;
pub mod metadata_record;
pub mod records;
#[cfg(feature = "json")]
pub mod schema;
pub mod varint;
pub mod wire;
