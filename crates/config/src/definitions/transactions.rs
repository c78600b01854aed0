//! Rows: the transaction coordinator and its topic.

use crate::declare::{boolean, definitions, int, short};

definitions! { Broker;
    TRANSACTIONAL_ID_EXPIRATION_MS: i32 = "transactional.id.expiration.ms" =>
        int("604800000").at_least(1).high(),
        "How long an idle transactional id is remembered.";
    TRANSACTION_MAX_TIMEOUT_MS: i32 = "transaction.max.timeout.ms" => int("900000").at_least(1).high(),
        "The longest timeout a client may ask for its transactions.";
    TRANSACTION_TWO_PHASE_COMMIT_ENABLE: bool = "transaction.two.phase.commit.enable" =>
        boolean("false").low(),
        "Whether transactions that never time out are allowed (KIP-939).";
    TRANSACTION_PARTITION_VERIFICATION_ENABLE: bool = "transaction.partition.verification.enable" =>
        boolean("true").cluster_wide().low(),
        "Whether the broker asks the coordinator if a partition belongs to the transaction.";
    TRANSACTION_STATE_LOG_NUM_PARTITIONS: i32 = "transaction.state.log.num.partitions" =>
        int("50").at_least(1).high(),
        "How many partitions `__transaction_state` gets.";
    TRANSACTION_STATE_LOG_REPLICATION_FACTOR: i16 = "transaction.state.log.replication.factor" =>
        short("3").at_least(1).high(),
        "How many replicas `__transaction_state` gets.";
    TRANSACTION_STATE_LOG_MIN_ISR: i32 = "transaction.state.log.min.isr" => int("2").at_least(1).high(),
        "How many in-sync replicas a write to `__transaction_state` needs.";
    TRANSACTION_STATE_LOG_SEGMENT_BYTES: i32 = "transaction.state.log.segment.bytes" =>
        int("104857600").at_least(1).high(),
        "The segment size of `__transaction_state`.";
    TRANSACTION_STATE_LOG_LOAD_BUFFER_SIZE: i32 = "transaction.state.log.load.buffer.size" =>
        int("5242880").at_least(1).high(),
        "How many bytes are read at once while transactions are loaded.";
    TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS: i32 = "transaction.abort.timed.out.transaction.cleanup.interval.ms" =>
        int("10000").at_least(1).low(),
        "How often transactions that took too long are aborted.";
    TRANSACTION_REMOVE_EXPIRED_TRANSACTION_CLEANUP_INTERVAL_MS: i32 = "transaction.remove.expired.transaction.cleanup.interval.ms" =>
        int("3600000").at_least(1).low(),
        "How often expired transactional ids are removed.";
    ADD_PARTITIONS_TO_TXN_RETRY_BACKOFF_MS: i32 = "add.partitions.to.txn.retry.backoff.ms" =>
        int("20").at_least(1).high(),
        "How long the broker rests at first before it adds a partition to a transaction again.";
    ADD_PARTITIONS_TO_TXN_RETRY_BACKOFF_MAX_MS: i32 = "add.partitions.to.txn.retry.backoff.max.ms" =>
        int("100").at_least(0).high(),
        "How long it rests at most.";
}
