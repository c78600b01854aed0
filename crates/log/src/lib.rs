//! One partition's log as plans: which segment a batch goes to, what a reader gets, what recovery keeps and
//! what retention may take. Pure: nothing here touches a file, a clock or a thread (rule A1); `store` executes.

pub mod batch_summary;
pub mod segment;

pub use batch_summary::{BatchSummary, EndTransaction, EndTransactionMarker, ProducerBatch};
