//! Executes the log's plans on the [`Disk`](jackdaw_base::disk::Disk) port, and holds the operating system's
//! implementations of the ports. What a log's bytes mean is decided in `log`, never here.

pub mod file_cache;
pub mod os_clock;
pub mod os_disk;
pub mod os_entropy;

pub use file_cache::FileCache;
pub use os_clock::OsClock;
pub use os_disk::OsDisk;
pub use os_entropy::OsEntropy;
