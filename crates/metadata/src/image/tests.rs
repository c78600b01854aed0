//! Tests of `image`: what the records do, and what they must not do.

use jackdaw_base::{NodeId, Offset, PartitionIndex, Uuid};
use jackdaw_protocol::messages::abort_transaction_record::AbortTransactionRecord;
use jackdaw_protocol::messages::access_control_entry_record::AccessControlEntryRecord;
use jackdaw_protocol::messages::begin_transaction_record::BeginTransactionRecord;
use jackdaw_protocol::messages::clear_elr_record::ClearElrRecord;
use jackdaw_protocol::messages::client_quota_record::{ClientQuotaRecord, EntityData};
use jackdaw_protocol::messages::config_record::ConfigRecord;
use jackdaw_protocol::messages::delegation_token_record::DelegationTokenRecord;
use jackdaw_protocol::messages::end_transaction_record::EndTransactionRecord;
use jackdaw_protocol::messages::feature_level_record::FeatureLevelRecord;
use jackdaw_protocol::messages::fence_broker_record::FenceBrokerRecord;
use jackdaw_protocol::messages::partition_change_record::PartitionChangeRecord;
use jackdaw_protocol::messages::partition_record::PartitionRecord;
use jackdaw_protocol::messages::register_broker_record::RegisterBrokerRecord;
use jackdaw_protocol::messages::remove_topic_record::RemoveTopicRecord;
use jackdaw_protocol::messages::topic_record::TopicRecord;
use jackdaw_protocol::messages::unfence_broker_record::UnfenceBrokerRecord;
use jackdaw_protocol::messages::user_scram_credential_record::UserScramCredentialRecord;
use jackdaw_protocol::messages::zk_migration_state_record::ZkMigrationStateRecord;

use super::*;
use crate::snapshot;

type Record = MetadataRecord<'static>;

const ID: Uuid = Uuid::from_u128(0x77);

fn topic(name: &'static str, topic_id: Uuid) -> Record {
    TopicRecord { name: name.into(), topic_id, ..Default::default() }.into()
}

fn partition(partition_id: i32) -> Record {
    PartitionRecord {
        partition_id,
        topic_id: ID,
        replicas: vec![1, 2],
        isr: vec![1, 2],
        leader: 1,
        leader_epoch: 0,
        partition_epoch: 0,
        directories: vec![Uuid::from_u128(1000), Uuid::from_u128(1001)],
        ..Default::default()
    }
    .into()
}

fn config(name: &'static str, value: Option<&'static str>) -> Record {
    ConfigRecord {
        resource_type: 2,
        resource_name: "t".into(),
        name: name.into(),
        value: value.map(Into::into),
        ..Default::default()
    }
    .into()
}

fn fold(records: Vec<Record>) -> Result<Image, ReplayError> {
    let mut image = Image::default();
    for (offset, record) in (0..).map(Offset).zip(records) {
        image.replay(&record, offset)?;
    }
    Ok(image)
}

fn begin() -> Record {
    BeginTransactionRecord::default().into()
}

fn end() -> Record {
    EndTransactionRecord::default().into()
}

fn abort() -> Record {
    AbortTransactionRecord::default().into()
}

#[test]
fn topics_are_found_by_name_and_id_until_they_are_removed() {
    let mut image = fold(vec![topic("t", ID), partition(0), partition(1), config("retention.ms", Some("5"))])
        .expect("ok");
    assert_eq!(image.topics.id_of("t"), Some(ID));
    assert_eq!((image.topics.len(), image.topics.partition_count()), (1, 2));
    let before = image.clone();
    image.replay(&RemoveTopicRecord { topic_id: ID, ..Default::default() }.into(), Offset(9)).expect("ok");
    assert!(image.topics.is_empty() && image.topics.partition_count() == 0);
    assert_eq!(image.configs.iter().count(), 0, "its configurations go with it");
    assert_eq!(before.topics.partition_count(), 2, "an image that was published does not change");
}

#[test]
fn names_collide_as_long_as_the_other_one_exists() {
    let mut image = fold(vec![topic("a.b", ID), topic("a-b", Uuid::from_u128(8))]).expect("ok");
    assert_eq!(image.topics.collisions_with("a_b").len(), 1);
    assert!(image.topics.collisions_with("a-b").is_empty() && image.topics.collisions_with("b.a").is_empty());
    image.replay(&RemoveTopicRecord { topic_id: ID, ..Default::default() }.into(), Offset(9)).expect("ok");
    assert!(image.topics.collisions_with("a_b").is_empty());
}

#[test]
fn a_change_record_changes_what_it_names() {
    let change = |record: PartitionChangeRecord<'static>| {
        let mut image = fold(vec![topic("t", ID), partition(0)]).expect("ok");
        image
            .replay(&PartitionChangeRecord { topic_id: ID, partition_id: 0, ..record }.into(), Offset(5))
            .expect("ok");
        crate::fixture::show(image.topics.partition(ID, PartitionIndex(0)).expect("it is there"))
    };
    let none = PartitionChangeRecord::default;
    assert_eq!(change(none()), "leader 1 replicas 1,2 isr 1,2 epochs 0.1");
    assert_eq!(
        change(PartitionChangeRecord { leader: 2, ..none() }),
        "leader 2 replicas 1,2 isr 1,2 epochs 1.1"
    );
    assert_eq!(
        change(PartitionChangeRecord {
            isr: Some(vec![]),
            leader: -1,
            eligible_leader_replicas: Some(vec![1]),
            last_known_elr: Some(vec![1]),
            ..none()
        }),
        "leader - replicas 1,2 isr  elr 1 last 1 epochs 1.1"
    );
    assert_eq!(
        change(PartitionChangeRecord { isr: Some(vec![2]), leader_recovery_state: 1, ..none() }),
        "leader 1 replicas 1,2 isr 2 recovering epochs 0.1"
    );
}

#[test]
fn partitions_from_before_directories_have_none() {
    let old =
        PartitionRecord { topic_id: ID, replicas: vec![1, 2], isr: vec![1], leader: 1, ..Default::default() };
    let old = PartitionRecord { partition_id: 0, ..old };
    let image = fold(vec![topic("t", ID), old.into()]).expect("ok");
    let partition = image.topics.partition(ID, PartitionIndex(0)).expect("it is there");
    assert_eq!(*partition.directories, [Uuid::ZERO, Uuid::ZERO]);
}

#[test]
fn eligible_replicas_are_cleared_for_one_topic_or_for_all() {
    let gone = PartitionChangeRecord {
        topic_id: ID,
        partition_id: 0,
        eligible_leader_replicas: Some(vec![2]),
        ..Default::default()
    };
    for name in ["t", ""] {
        let clear = ClearElrRecord { topic_name: name.into(), ..Default::default() };
        let image = fold(vec![topic("t", ID), partition(0), partition(1), gone.clone().into(), clear.into()])
            .expect("ok");
        let epochs = [0, 1].map(|index| {
            let partition = image.topics.partition(ID, PartitionIndex(index)).expect("it is there");
            assert!(partition.eligible_leader_replicas.is_empty());
            partition.partition_epoch
        });
        assert_eq!(epochs, [2, 0], "only what changes gets another epoch");
    }
}

#[test]
fn records_that_contradict_the_image_are_refused_and_change_nothing() {
    let registered = RegisterBrokerRecord { broker_id: 1, broker_epoch: 5, ..Default::default() };
    let start = vec![topic("t", ID), partition(0), registered.into()];
    let cases: Vec<(Record, ReplayError)> = vec![
        (topic("u", ID), ReplayError::TopicIdExists { id: ID }),
        (topic("t", Uuid::from_u128(9)), ReplayError::TopicNameExists { name: "t".into() }),
        (
            PartitionChangeRecord { topic_id: ID, partition_id: 7, ..Default::default() }.into(),
            ReplayError::UnknownPartition { id: ID, index: PartitionIndex(7) },
        ),
        (
            PartitionChangeRecord {
                topic_id: ID,
                partition_id: 0,
                directories: Some(vec![Uuid::from_u128(1000)]),
                ..Default::default()
            }
            .into(),
            ReplayError::MalformedPartition { id: ID, index: PartitionIndex(0) },
        ),
        (
            RemoveTopicRecord { topic_id: Uuid::from_u128(9), ..Default::default() }.into(),
            ReplayError::UnknownTopicId { id: Uuid::from_u128(9) },
        ),
        (
            FenceBrokerRecord { id: 1, epoch: 4, ..Default::default() }.into(),
            ReplayError::StaleBrokerEpoch { id: NodeId(1), epoch: 4, current: 5 },
        ),
        (
            UnfenceBrokerRecord { id: 2, epoch: 4, ..Default::default() }.into(),
            ReplayError::UnknownBroker { id: NodeId(2) },
        ),
        (
            FeatureLevelRecord { name: "metadata.version".into(), feature_level: 99, ..Default::default() }
                .into(),
            ReplayError::UnknownMetadataVersion { level: 99 },
        ),
        (
            UserScramCredentialRecord { mechanism: 9, ..Default::default() }.into(),
            ReplayError::UnknownScramMechanism { code: 9 },
        ),
        (end(), ReplayError::NoTransaction { offset: Offset(50) }),
        (abort(), ReplayError::NoTransaction { offset: Offset(50) }),
    ];
    for (record, error) in cases {
        let mut image = fold(start.clone()).expect("ok");
        let before = image.clone();
        assert_eq!(image.replay(&record, Offset(50)), Err(error));
        assert_eq!(image, before);
        assert_eq!(image.offset(), Offset(2));
    }
    let mut image = fold(start).expect("ok");
    let error = ReplayError::OffsetNotRising { offset: Offset(2), last: Offset(2) };
    assert_eq!(image.replay(&config("a", None), Offset(2)), Err(error));
}

#[test]
fn a_transaction_shows_at_its_end_or_never() {
    let start = vec![begin(), topic("t", ID), partition(0)];
    let open = fold(start.clone()).expect("ok");
    assert!(open.topics.is_empty());
    assert_eq!((open.open_transaction(), open.offset()), (Some(Offset(0)), Offset(2)));
    let ended = fold([start.clone(), vec![end()]].concat()).expect("ok");
    assert_eq!((ended.topics.partition_count(), ended.open_transaction()), (1, None));
    let aborted = fold([start.clone(), vec![abort(), topic("t", ID)]].concat()).expect("ok");
    assert_eq!((aborted.topics.partition_count(), aborted.topics.len()), (0, 1));
    let nested = fold([start, vec![begin()]].concat()).err();
    assert_eq!(nested, Some(ReplayError::TransactionOpen { offset: Offset(3), open: Offset(0) }));
}

#[test]
fn a_transaction_with_a_bad_record_leaves_nothing_behind() {
    let mut image = fold(vec![begin(), topic("t", ID), topic("u", ID)]).expect("not looked at yet");
    assert_eq!(image.replay(&end(), Offset(3)), Err(ReplayError::TopicIdExists { id: ID }));
    assert!(image.topics.is_empty());
}

#[test]
fn removed_values_are_gone() {
    let quota = |remove| -> Record {
        let entity = EntityData { entity_type: "user".into(), entity_name: None, ..Default::default() };
        ClientQuotaRecord { entity: vec![entity], key: "k".into(), value: 1.5, remove, ..Default::default() }
            .into()
    };
    let feature = |feature_level| -> Record {
        FeatureLevelRecord { name: "group.version".into(), feature_level, ..Default::default() }.into()
    };
    let image = fold(vec![config("a", Some("1")), quota(false), feature(1)]).expect("ok");
    assert_eq!(image.client_quotas.entities.size(), 1);
    assert_eq!(image.features.level("group.version"), 1);
    let image = fold(vec![
        config("a", Some("1")),
        quota(false),
        feature(1),
        config("a", None),
        quota(true),
        feature(0),
    ])
    .expect("ok");
    assert_eq!(image, Image::default());
}

#[test]
fn kraft_version_is_no_business_of_the_image() {
    let record = FeatureLevelRecord { name: "kraft.version".into(), feature_level: 1, ..Default::default() };
    assert_eq!(fold(vec![record.into()]).expect("ok"), Image::default());
}

#[test]
fn every_kind_of_state_survives_a_snapshot() {
    let version =
        FeatureLevelRecord { name: "metadata.version".into(), feature_level: 30, ..Default::default() };
    let entity =
        EntityData { entity_type: "user".into(), entity_name: Some("u".into()), ..Default::default() };
    let default = EntityData { entity_type: "client-id".into(), entity_name: None, ..Default::default() };
    let image = fold(vec![
        version.into(),
        ZkMigrationStateRecord { zk_migration_state: 3, ..Default::default() }.into(),
        RegisterBrokerRecord {
            broker_id: 1,
            broker_epoch: 5,
            rack: Some("r".into()),
            fenced: false,
            log_dirs: vec![Uuid::from_u128(1000)],
            cordoned_log_dirs: Some(vec![Uuid::from_u128(1000)]),
            ..Default::default()
        }
        .into(),
        topic("t", ID),
        partition(0),
        config("retention.ms", Some("5")),
        ClientQuotaRecord {
            entity: vec![entity, default],
            key: "k".into(),
            value: 0.5,
            ..Default::default()
        }
        .into(),
        AccessControlEntryRecord { id: Uuid::from_u128(4), resource_name: "r".into(), ..Default::default() }
            .into(),
        UserScramCredentialRecord {
            name: "u".into(),
            mechanism: 2,
            salt: vec![1].into(),
            ..Default::default()
        }
        .into(),
        DelegationTokenRecord { token_id: "d".into(), renewers: vec!["User:r".into()], ..Default::default() }
            .into(),
    ])
    .expect("ok");
    let rebuilt = fold(snapshot::records(&image).collect()).expect("ok");
    assert_eq!(rebuilt, image);
    assert!(Delta::between(&rebuilt, &image).is_empty());
}

#[test]
fn one_change_among_many_topics_is_cheap() {
    let mut image = Image::default();
    for i in 0..20_000u128 {
        let record = TopicRecord {
            name: format!("t{i}").into(),
            topic_id: Uuid::from_u128(1000 + i),
            ..Default::default()
        };
        image.replay(&record.into(), Offset(i as i64)).expect("ok");
    }
    // A thousand published images share nearly all they hold: as full copies they would be gigabytes.
    let published: Vec<Image> = (0..1000)
        .map(|i| {
            image
                .replay(&config("retention.ms", Some(if i % 2 == 0 { "1" } else { "2" })), Offset(30_000 + i))
                .expect("ok");
            image.clone()
        })
        .collect();
    assert!(published.iter().all(|image| image.topics.len() == 20_000));
    let topics: Vec<_> =
        image.topics.iter_from("t19998").map(|topic| topic.name.to_string()).take(2).collect();
    assert_eq!(topics, ["t19998", "t19999"]);
}
