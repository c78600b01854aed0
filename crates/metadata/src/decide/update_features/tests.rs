//! Tests of UpdateFeatures; texts and codes were asked of Kafka 4.3.1.

use super::*;
use crate::decide::alter_configs::{
    AlterConfigs, ChangeKind, ConfigEdit, ConfigOperation, ResourceChange, alter_configs,
};
use crate::fixture::TestCluster;
use UpgradeType::{SafeDowngrade, Unknown, UnsafeDowngrade, Upgrade};

fn decide(
    cluster: &mut TestCluster,
    name: &str,
    level: i16,
    upgrade_type: UpgradeType,
) -> Result<Decision<UpdateFeaturesAnswer>, String> {
    let request = UpdateFeatures {
        updates: vec![FeatureUpdate { name: name.into(), level, upgrade_type }],
        kraft_version: 0,
        voters: vec![NodeId(1)],
        mode: Mode::Apply,
    };
    let decision = cluster.ask(|image, context| update_features(image, &request, context));
    decision.map_err(|error| {
        assert_eq!(error.code(), ErrorCode::InvalidUpdateVersion);
        let text = error.to_string();
        let prefix = "The update failed for all features since the following feature had an error: ";
        text.strip_prefix(prefix).expect("the same for all").to_owned()
    })
}

#[test]
fn each_bad_level_gets_kafkas_error() {
    let cases = [
        (
            "group.version",
            5,
            Upgrade,
            "Invalid update version 5 for feature group.version. Local controller 1 only supports versions 0-1",
        ),
        (
            "nope",
            1,
            Upgrade,
            "Invalid update version 1 for feature nope. Local controller 1 does not support this feature.",
        ),
        (
            "group.version",
            -1,
            Upgrade,
            "Invalid update version -1 for feature group.version. A feature version cannot be less than 0.",
        ),
        (
            "group.version",
            1,
            Unknown(9),
            "Invalid update version 1 for feature group.version. The controller does not support the given upgrade type.",
        ),
        (
            "metadata.version",
            29,
            SafeDowngrade,
            "Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested downgrade because it might delete metadata information.",
        ),
        (
            "metadata.version",
            29,
            UnsafeDowngrade,
            "Unsupported metadata.version downgrade from 30 to 29. Unsafe metadata downgrade is not supported in this version.",
        ),
        (
            "metadata.version",
            31,
            Upgrade,
            "Invalid update version 31 for feature metadata.version. Local controller 1 only supports versions 7-30",
        ),
        (
            "metadata.version",
            29,
            Upgrade,
            "Invalid update version 29 for feature metadata.version. Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
        ),
    ];
    let mut cluster = TestCluster::new(1);
    for (name, level, upgrade_type, expected) in cases {
        assert_eq!(decide(&mut cluster, name, level, upgrade_type).expect_err(expected), expected);
    }
    cluster.apply(decide(&mut cluster.clone(), "group.version", 0, SafeDowngrade).expect("allowed").records);
    let up = decide(&mut cluster, "group.version", 1, SafeDowngrade).expect_err("the wrong way");
    assert_eq!(up, "Invalid update version 1 for feature group.version. Can't downgrade to a newer version.");
}

#[test]
fn levels_go_down_and_up_again() {
    let mut cluster = TestCluster::new(1);
    for (level, upgrade_type) in [(0, SafeDowngrade), (1, Upgrade)] {
        let decision = decide(&mut cluster, "group.version", level, upgrade_type).expect("allowed");
        cluster.apply(decision.records);
        assert_eq!(cluster.image.features.level("group.version"), level);
    }
}

#[test]
fn a_metadata_version_goes_up_when_all_support_it() {
    let mut cluster = TestCluster::at_level("4.2", 1);
    let decision = decide(&mut cluster, "metadata.version", 30, Upgrade).expect("all support it");
    cluster.apply(decision.records);
    assert_eq!(cluster.image.features.metadata_version(), Some(MetadataVersion::NEWEST));

    let mut cluster = TestCluster::at_level("4.2", 1);
    let mut old = cluster.registration(2, None, -1);
    old.features.insert("metadata.version".into(), VersionRange { min: 7, max: 29 });
    let registered =
        cluster.ask(|image, context| super::super::register_broker::register_broker(image, &old, context));
    cluster.apply(registered.expect("29 is enough for 4.2").records);
    let refused = decide(&mut cluster, "metadata.version", 30, Upgrade).expect_err("broker 2 is old");
    assert_eq!(
        refused,
        "Invalid update version 30 for feature metadata.version. Broker 2 only supports versions 7-29"
    );
}

#[test]
fn eligible_leader_replicas_bring_one_minimum_for_all() {
    let mut cluster = TestCluster::at_level("4.0-IV0", 1);
    let edit = ConfigEdit {
        name: MIN_INSYNC_REPLICAS.into(),
        operation: ConfigOperation::from_code(0),
        value: Some("2".into()),
    };
    let resource = ConfigResource::broker(NodeId(1));
    let request = AlterConfigs {
        resources: vec![ResourceChange { resource: resource.clone(), change: ChangeKind::Edit(vec![edit]) }],
        mode: Mode::Apply,
    };
    let decision = cluster.ask(|image, context| alter_configs(image, &request, context)).expect("small");
    cluster.apply(decision.records);
    let too_early =
        decide(&mut cluster, feature::ELIGIBLE_LEADER_REPLICAS, 1, Upgrade).expect_err("needs 4.0-IV1");
    assert!(too_early.ends_with("because it depends on metadata.version level 23"), "{too_early}");
    cluster.apply(decide(&mut cluster.clone(), "metadata.version", 23, Upgrade).expect("ok").records);
    cluster.apply(
        decide(&mut cluster.clone(), feature::ELIGIBLE_LEADER_REPLICAS, 1, Upgrade).expect("ok").records,
    );
    assert!(cluster.image.features.eligible_leader_replicas_enabled());
    assert_eq!(
        cluster.image.configs.value(&ConfigResource::default_broker(), MIN_INSYNC_REPLICAS),
        Some("1")
    );
    assert_eq!(cluster.image.configs.value(&resource, MIN_INSYNC_REPLICAS), None);
}

#[test]
fn the_quorums_version_is_for_the_quorum_to_change() {
    let mut cluster = TestCluster::new(1);
    let decision = decide(&mut cluster, feature::KRAFT_VERSION, 1, Upgrade).expect("supported");
    assert_eq!(decision.answer.kraft_version, Some(1));
    assert_eq!(decision.records.len(), 1);
    let same = decide(&mut cluster, feature::KRAFT_VERSION, 0, SafeDowngrade).expect("as it is");
    assert_eq!((same.answer.kraft_version, same.records.len()), (None, 0));
}
