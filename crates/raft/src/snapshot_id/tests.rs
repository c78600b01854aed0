//! Names of snapshots, both ways.

use super::*;

#[test]
fn names_are_kafkas() {
    let id = SnapshotId::new(Offset(297), LeaderEpoch(2));
    assert_eq!(id.file_name(SnapshotFileState::Complete), "00000000000000000297-0000000002.checkpoint");
    assert_eq!(id.file_name(SnapshotFileState::Partial), "00000000000000000297-0000000002.checkpoint.part");
    assert_eq!(
        id.file_name(SnapshotFileState::Deleted),
        "00000000000000000297-0000000002.checkpoint.deleted"
    );
    assert_eq!(
        SnapshotId::BOOTSTRAP.file_name(SnapshotFileState::Complete),
        "00000000000000000000-0000000000.checkpoint"
    );
}

fn check(name: &str, expected: Result<(i64, i32, SnapshotFileState), SnapshotNameError>) {
    let expected =
        expected.map(|(offset, epoch, state)| (SnapshotId::new(Offset(offset), LeaderEpoch(epoch)), state));
    assert_eq!(parse_file_name(name), expected, "{name}");
}

#[test]
fn names_are_read_back() {
    use SnapshotFileState::*;
    use SnapshotNameError::*;
    check("00000000000000000297-0000000002.checkpoint", Ok((297, 2, Complete)));
    check("00000000000000000297-0000000002.checkpoint.part", Ok((297, 2, Partial)));
    check("00000000000000000297-0000000002.checkpoint8837163.part", Ok((297, 2, Partial)));
    check("00000000000000000297-0000000002.checkpoint.deleted", Ok((297, 2, Deleted)));
    check("09223372036854775807-2147483647.checkpoint", Ok((i64::MAX, i32::MAX, Complete)));
    check("19223372036854775808-0000000002.checkpoint", Err(OutOfRange));
    check("00000000000000000297-9999999999.checkpoint", Err(OutOfRange));
    check("00000000000000000297.log", Err(NotACheckpoint));
    check("00000000000000000297-0000000002.checkpoint.old", Err(NotACheckpoint));
    check("bootstrap.checkpoint", Err(Malformed));
    check("297-2.checkpoint", Err(Malformed));
    check("+0000000000000000297-0000000002.checkpoint", Err(Malformed));
    check("", Err(NotACheckpoint));
}

#[test]
fn later_epochs_order_first() {
    assert!(SnapshotId::new(Offset(5), LeaderEpoch(3)) > SnapshotId::new(Offset(9), LeaderEpoch(2)));
}
