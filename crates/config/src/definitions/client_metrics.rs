//! Rows: what a subscription to client metrics sets (KIP-714).

use crate::declare::{definitions, int, list};
use crate::validator::Validator;

definitions! { ClientMetrics;
    INTERVAL_MS: i32 = "interval.ms" => int("300000").between(100, 3_600_000),
        "How often matching clients push their metrics.";
    MATCH: Vec<String> = "match" => list("").within(Validator::ClientMatch),
        "Which clients are meant, as `parameter=pattern` entries.";
    METRICS: Vec<String> = "metrics" => list(""),
        "The prefixes of the metrics that are wanted; `*` means all.";
}
