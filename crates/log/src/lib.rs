//! One partition's log as plans: which segment a batch goes to, what a reader gets, what recovery keeps and
//! what retention may take. Pure: nothing here touches a file, a clock or a thread (rule A1); `store` executes.

pub mod batch_summary;
pub mod checkpoint_file;
pub mod client_batch;
pub mod epoch_cache;
pub mod index_bytes;
pub mod offset_index;
pub mod producer_state;
pub mod recovery_scan;
pub mod retention;
pub mod segment;
pub mod segment_name;
pub mod time_index;
pub mod txn_index;

pub use batch_summary::{BatchSummary, EndTransaction, EndTransactionMarker, ProducerBatch};
