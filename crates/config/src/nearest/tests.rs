//! Tests of `nearest`.

use super::*;

#[test]
fn typing_errors_are_recognized_and_other_names_are_not() {
    let known = ["num.partitions", "num.io.threads", "log.dirs", "log.dir", "node.id", "log.retention.ms"];
    for (name, expected) in [
        ("num.partitons", Some("num.partitions")),
        ("num.paritions", Some("num.partitions")),
        ("nmu.io.threads", Some("num.io.threads")),
        ("log.dri", Some("log.dir")),
        ("nodeid", Some("node.id")),
        ("log_retention_ms", Some("log.retention.ms")),
        ("zookeeper.connect", None),
        ("", None),
    ] {
        assert_eq!(nearest(name, known.into_iter()), expected, "{name}");
    }
    assert_eq!(nearest(&"x".repeat(100_000), known.into_iter()), None);
}
