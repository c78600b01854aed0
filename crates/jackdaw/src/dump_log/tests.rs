use super::*;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/kafka-4.3.1");

fn dumped(file: &str, content: Option<Decoder>) -> (String, Checks) {
    let shown = Shown { records: true, content, record_metadata: true };
    let settings = Settings { shown, index_mode: IndexMode::Print, bytes_max: i32::MAX as u64 };
    let (mut out, mut checks) = (Vec::new(), Checks::default());
    let path = Path::new(GOLDEN).join(file);
    if let Err(Stop::Damage(what)) = dump(&mut out, &path, settings, &mut checks) {
        panic!("{file}: {what}");
    }
    (String::from_utf8(out).expect("text"), checks)
}

/// Our lines for `files` are those of Kafka's tool, as it printed them for the same files.
fn check(dump: &str, files: &[&str], content: Option<Decoder>) {
    let path = Path::new(GOLDEN).join("dump").join(dump);
    let kafkas = jackdaw_cli::files::text(&path).expect("reads");
    let ours: String = files.iter().map(|file| dumped(file, content).0).collect();
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.starts_with("Dumping ") && line.contains(':'))
            .map(str::to_owned)
            .collect()
    };
    let (kafkas, ours) = (lines(&kafkas), lines(&ours));
    for (index, (kafkas, ours)) in kafkas.iter().zip(&ours).enumerate() {
        assert_eq!(ours, kafkas, "line {index} of {dump}");
    }
    assert_eq!(ours.len(), kafkas.len(), "{dump}");
}

#[test]
fn records_as_kafka_prints_them() {
    check("plain-0.txt", &["logs/plain-0/00000000000000000000.log"], None);
    let files =
        ["logs/transactions-0/00000000000000000000.log", "logs/transactions-0/00000000000000000003.log"];
    check("transactions-0.txt", &files, None);
}

#[test]
fn internal_topics_as_kafka_prints_them() {
    let log = "00000000000000000000.log";
    check("consumer-offsets-0.txt", &[&format!("logs/__consumer_offsets-0/{log}")], Some(Decoder::Offsets));
    check("consumer-offsets-2.txt", &[&format!("logs/__consumer_offsets-2/{log}")], Some(Decoder::Offsets));
    check(
        "transaction-state-0.txt",
        &[&format!("logs/__transaction_state-0/{log}")],
        Some(Decoder::Transactions),
    );
    check(
        "share-group-state-1.txt",
        &[&format!("logs/__share_group_state-1/{log}")],
        Some(Decoder::ShareGroupState),
    );
}

#[test]
fn snapshots_and_indexes_as_kafka_prints_them() {
    let checkpoint = "__cluster_metadata-0/00000000000000000539-0000000002.checkpoint";
    check("cluster-metadata-checkpoint.txt", &[checkpoint], Some(Decoder::ClusterMetadata));
    check("segments-0-snapshot.txt", &["logs/segments-0/00000000000000001120.snapshot"], None);
    check("transactions-0-txnindex.txt", &["logs/transactions-0/00000000000000000003.txnindex"], None);
}

#[test]
fn a_gap_between_offsets_is_said_at_the_end() {
    let mut checks = Checks::default();
    checks.gaps(Path::new("/data/a-0/00000000000000000000.log"), &[Gap { before: 3, after: 7 }]);
    assert_eq!(
        checks.lines,
        ["Non-consecutive offsets in /data/a-0/00000000000000000000.log", "  3 is followed by 7"]
    );
}
