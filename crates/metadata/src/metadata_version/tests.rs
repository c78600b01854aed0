//! Tests of `metadata_version`.

use jackdaw_protocol::messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use jackdaw_protocol::messages::partition_record::PartitionRecord;
use jackdaw_protocol::messages::register_broker_record::RegisterBrokerRecord;

use super::*;

#[test]
fn names_and_levels_belong_together() {
    for (name, level) in [("3.3-IV3", 7), ("3.5-IV2", 11), ("3.7-IV2", 17), ("4.0-IV1", 23), ("4.3-IV0", 30)]
    {
        let version = MetadataVersion::from_name(name).expect(name);
        assert_eq!((version.level(), version.name()), (level, name));
        assert_eq!(MetadataVersion::from_level(level), Some(version));
    }
    assert_eq!(MetadataVersion::from_name("4.2"), MetadataVersion::from_name("4.2-IV1"));
    assert_eq!(MetadataVersion::from_name("3.7").map(MetadataVersion::level), Some(19));
    for unknown in ["4.4-IV0", "3.2", "", "-IV0"] {
        assert_eq!(MetadataVersion::from_name(unknown), None, "{unknown}");
    }
    assert_eq!((MetadataVersion::from_level(6), MetadataVersion::from_level(31)), (None, None));
}

#[test]
fn downgrades_lose_metadata_where_records_changed_between() {
    let level = |name| MetadataVersion::from_name(name).expect("known");
    for (from, to, loses) in [
        ("4.3", "4.2", true),
        ("4.2", "4.0-IV1", false),
        ("4.2", "4.0-IV0", true),
        ("3.7-IV1", "3.7-IV0", false),
    ] {
        assert_eq!(level(from).downgrade_loses_metadata(level(to)), loses, "{from} to {to}");
    }
}

#[test]
fn record_versions_follow_the_level() {
    let register = MetadataRecord::from(RegisterBrokerRecord::default());
    let partition = MetadataRecord::from(PartitionRecord::default());
    for (name, of_broker, of_partition) in
        [("3.3-IV3", 1, 0), ("3.4-IV0", 2, 0), ("3.7-IV2", 3, 1), ("4.0-IV1", 3, 2), ("4.3-IV0", 4, 2)]
    {
        let version = MetadataVersion::from_name(name).expect(name);
        assert_eq!(version.record_version(&register), of_broker, "{name}");
        assert_eq!(version.record_version(&partition), of_partition, "{name}");
    }
}

#[test]
fn a_registration_change_takes_the_oldest_version_that_can_say_it() {
    let version = |change: BrokerRegistrationChangeRecord<'static>| {
        MetadataVersion::NEWEST.record_version(&MetadataRecord::from(change))
    };
    assert_eq!(version(BrokerRegistrationChangeRecord { fenced: 1, ..Default::default() }), 0);
    assert_eq!(
        version(BrokerRegistrationChangeRecord { in_controlled_shutdown: 1, ..Default::default() }),
        1
    );
    let log_dirs = vec![jackdaw_base::Uuid::from_u128(1000)];
    assert_eq!(version(BrokerRegistrationChangeRecord { log_dirs, ..Default::default() }), 2);
    let cordoned_log_dirs = Some(Vec::new());
    assert_eq!(version(BrokerRegistrationChangeRecord { cordoned_log_dirs, ..Default::default() }), 3);
}
