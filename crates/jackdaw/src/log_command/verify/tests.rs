use super::*;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/kafka-4.3.1/logs");

#[test]
fn what_kafka_wrote_is_in_order() {
    let mut report = Report::new();
    for partition in ["plain-0", "transactions-0", "__consumer_offsets-0"] {
        check_path(&Path::new(GOLDEN).join(partition), &mut report).expect("reads");
    }
    assert_eq!((report.partitions, report.damages), (3, 0));
}

#[test]
fn a_flipped_bit_and_a_torn_end_are_found() {
    let directory = std::env::temp_dir().join(format!("jackdaw-verify-{}", std::process::id()));
    files::create_directory(&directory).expect("a directory");
    let source = Path::new(GOLDEN).join("transactions-0/00000000000000000003.log");
    let whole = files::read(&source, 1 << 20).expect("reads");
    let check = |name: &str, bytes: &[u8], damages: usize| {
        let path = directory.join("00000000000000000003.log");
        files::write(&path, bytes).expect("writes");
        let mut report = Report::new();
        check_path(&path, &mut report).expect("reads");
        assert_eq!(report.damages, damages, "{name}");
    };
    check("whole", &whole, 0);
    check("zeros behind", &[&whole[..], &[0; 100]].concat(), 0);
    check("a torn end", &whole[..whole.len() - 5], 0);
    let mut flipped = whole.clone();
    flipped[150] ^= 1;
    check("a flipped bit", &flipped, 1);
    check("rubbish behind", &[&whole[..], &[7; 100]].concat(), 1);
    files::remove(&directory.join("00000000000000000003.log")).expect("removes");
}
