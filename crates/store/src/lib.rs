//! Executes the log's plans on the [`Disk`](jackdaw_base::disk::Disk) port, and holds the operating system's
//! implementations of the ports. What a log's bytes mean is decided in `log`, never here.

pub mod data_directory;
pub mod file_cache;
pub mod flusher;
mod index_tail;
pub mod os_clock;
pub mod os_disk;
pub mod os_entropy;
pub mod os_process;
pub mod partition_log;
mod place;
pub mod recovery;
mod segment;

pub use data_directory::DataDirectory;
pub use file_cache::FileCache;
pub use os_clock::OsClock;
pub use os_disk::OsDisk;
pub use os_entropy::OsEntropy;
pub use partition_log::{
    FileSlice, PartitionLog, ReadFailure, ReadRequest, TimestampScan, TimestampedOffset, WholeBatch,
};
pub use place::{FileKind, Place};
pub use segment::{AppendFailure, BatchLocation};
