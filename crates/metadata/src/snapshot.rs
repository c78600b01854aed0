//! An image as the records of a snapshot, and the bytes of a whole `.checkpoint` file around them. Where the
//! file lies and when one is made is the business of `raft` and its host.

mod file;
mod records;

pub use file::{ReadSnapshot, SnapshotError, SnapshotHeader, SnapshotReader, read, write, write_whole};
pub use records::records;
pub(crate) use records::{partition_record, register_broker, register_controller};

#[cfg(test)]
mod tests;
