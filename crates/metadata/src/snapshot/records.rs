//! An image taken apart into records, in the order of Kafka's snapshots: features, brokers, controllers, topics
//! each with its partitions, configurations, quotas, producer ids, ACLs, SCRAM credentials, delegation tokens.

use jackdaw_base::TopicId;
use jackdaw_protocol::messages::access_control_entry_record::AccessControlEntryRecord;
use jackdaw_protocol::messages::client_quota_record::{ClientQuotaRecord, EntityData};
use jackdaw_protocol::messages::config_record::ConfigRecord;
use jackdaw_protocol::messages::delegation_token_record::DelegationTokenRecord;
use jackdaw_protocol::messages::feature_level_record::FeatureLevelRecord;
use jackdaw_protocol::messages::partition_record::PartitionRecord;
use jackdaw_protocol::messages::producer_ids_record::ProducerIdsRecord;
use jackdaw_protocol::messages::register_broker_record::{
    BrokerEndpoint, BrokerFeature, RegisterBrokerRecord,
};
use jackdaw_protocol::messages::register_controller_record::{
    ControllerEndpoint, ControllerFeature, RegisterControllerRecord,
};
use jackdaw_protocol::messages::topic_record::TopicRecord;
use jackdaw_protocol::messages::user_scram_credential_record::UserScramCredentialRecord;
use jackdaw_protocol::messages::zk_migration_state_record::ZkMigrationStateRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use crate::image::partition::{NO_LEADER, ids};
use crate::image::{Broker, Controller, Image, Partition};
use crate::metadata_version::MetadataVersion;

/// All records that rebuild `image`, one at a time: a million partitions need no list of them.
/// What the finalized `metadata.version` cannot express is left out (rule M3).
pub fn records(image: &Image) -> impl Iterator<Item = MetadataRecord<'static>> {
    let version = image.features.metadata_version().unwrap_or(MetadataVersion::OLDEST);
    features(image)
        .chain(nodes(image, version))
        .chain(topics(image, version))
        .chain(configs(image))
        .chain(quotas(image))
        .chain(producer_ids(image))
        .chain(security(image, version))
}

type Record = MetadataRecord<'static>;

fn features(image: &Image) -> impl Iterator<Item = Record> {
    let record = |name: &str, feature_level: i16| {
        let name = name.to_owned().into();
        Record::FeatureLevel(FeatureLevelRecord { name, feature_level, ..Default::default() })
    };
    let version = image.features.metadata_version();
    let zk = image.zk_migration_state;
    version
        .map(|version| record(MetadataVersion::FEATURE, version.level()))
        .into_iter()
        .chain(image.features.levels().map(move |(name, level)| record(name, level)))
        .chain(zk.map(|zk_migration_state| {
            Record::ZkMigrationState(ZkMigrationStateRecord { zk_migration_state, ..Default::default() })
        }))
}

fn nodes(image: &Image, version: MetadataVersion) -> impl Iterator<Item = Record> {
    let brokers = image.cluster.brokers.values().map(move |broker| register_broker(broker, version));
    let controllers = image.cluster.controllers.values().map(|controller| register_controller(controller));
    brokers.chain(controllers.filter(move |_| version.allows_controller_registration()))
}

fn topics(image: &Image, version: MetadataVersion) -> impl Iterator<Item = Record> {
    image.topics.iter_by_id().flat_map(move |topic| {
        let (topic_id, name) = (topic.id, topic.name.to_string().into());
        let head = Record::Topic(TopicRecord { name, topic_id, ..Default::default() });
        let partitions = topic.partitions.iter();
        std::iter::once(head).chain(
            partitions.map(move |(index, partition)| partition_record(topic_id, index.0, partition, version)),
        )
    })
}

fn configs(image: &Image) -> impl Iterator<Item = Record> {
    image.configs.iter().flat_map(|(resource, entries)| {
        entries.iter().map(|(name, value)| {
            Record::Config(ConfigRecord {
                resource_type: resource.kind.code(),
                resource_name: resource.name.to_string().into(),
                name: name.to_string().into(),
                value: Some(value.to_string().into()),
                ..Default::default()
            })
        })
    })
}

fn quotas(image: &Image) -> impl Iterator<Item = Record> {
    image.client_quotas.entities.iter().flat_map(|(entity, limits)| {
        limits.iter().map(|(key, value)| {
            let entity = entity.0.iter().map(|(entity_type, name)| EntityData {
                entity_type: entity_type.clone().into(),
                entity_name: name.clone().map(Into::into),
                ..Default::default()
            });
            Record::ClientQuota(ClientQuotaRecord {
                entity: entity.collect(),
                key: key.clone().into(),
                value: *value,
                remove: false,
                ..Default::default()
            })
        })
    })
}

fn producer_ids(image: &Image) -> impl Iterator<Item = Record> {
    // Only the next id outlives a snapshot; which broker took the last block does not.
    image.next_producer_id.into_iter().map(|next_producer_id| {
        Record::ProducerIds(ProducerIdsRecord {
            broker_id: -1,
            broker_epoch: -1,
            next_producer_id,
            ..Default::default()
        })
    })
}

fn security(image: &Image, version: MetadataVersion) -> impl Iterator<Item = Record> {
    let acls = image.security.acls.values().map(|acl| {
        Record::AccessControlEntry(AccessControlEntryRecord {
            id: acl.id,
            resource_type: acl.resource_type,
            resource_name: acl.resource_name.clone().into(),
            pattern_type: acl.pattern_type,
            principal: acl.principal.clone().into(),
            host: acl.host.clone().into(),
            operation: acl.operation,
            permission_type: acl.permission_type,
            ..Default::default()
        })
    });
    let scram = image.security.scram.iter().map(|((mechanism, name), credential)| {
        Record::UserScramCredential(UserScramCredentialRecord {
            name: name.clone().into(),
            mechanism: mechanism.code(),
            salt: credential.salt.clone().into(),
            stored_key: credential.stored_key.clone().into(),
            server_key: credential.server_key.clone().into(),
            iterations: credential.iterations,
            ..Default::default()
        })
    });
    let tokens = image.security.delegation_tokens.values().map(|token| {
        Record::DelegationToken(DelegationTokenRecord {
            owner: token.owner.clone().into(),
            requester: token.requester.clone().into(),
            renewers: token.renewers.iter().map(|renewer| renewer.clone().into()).collect(),
            issue_timestamp: token.issue_timestamp_ms,
            max_timestamp: token.max_timestamp_ms,
            expiration_timestamp: token.expiration_timestamp_ms,
            token_id: token.id.clone().into(),
            ..Default::default()
        })
    });
    acls.chain(scram.filter(move |_| version.allows_scram()))
        .chain(tokens.filter(move |_| version.allows_delegation_tokens()))
}

/// A broker's whole registration as one record.
pub(crate) fn register_broker(broker: &Broker, version: MetadataVersion) -> Record {
    let end_points = broker.endpoints.iter().map(|endpoint| BrokerEndpoint {
        name: endpoint.name.clone().into(),
        host: endpoint.host.clone().into(),
        port: endpoint.port,
        security_protocol: endpoint.security_protocol,
        ..Default::default()
    });
    let features = broker.features.iter().map(|(name, range)| BrokerFeature {
        name: name.clone().into(),
        min_supported_version: range.min,
        max_supported_version: range.max,
        ..Default::default()
    });
    let log_dirs = match version.allows_directory_assignment() {
        true => broker.log_dirs.clone(),
        false => Vec::new(),
    };
    Record::RegisterBroker(RegisterBrokerRecord {
        broker_id: broker.id.0,
        is_migrating_zk_broker: broker.is_migrating_zk_broker && version > MetadataVersion::OLDEST,
        incarnation_id: broker.incarnation_id,
        broker_epoch: broker.epoch,
        end_points: end_points.collect(),
        features: features.collect(),
        rack: broker.rack.clone().map(Into::into),
        fenced: broker.fenced,
        in_controlled_shutdown: broker.in_controlled_shutdown,
        log_dirs,
        cordoned_log_dirs: broker.cordoned_log_dirs.clone().filter(|_| version.allows_cordoned_log_dirs()),
        ..Default::default()
    })
}

/// A controller's whole registration as one record.
pub(crate) fn register_controller(controller: &Controller) -> Record {
    let end_points = controller.endpoints.iter().map(|endpoint| ControllerEndpoint {
        name: endpoint.name.clone().into(),
        host: endpoint.host.clone().into(),
        port: endpoint.port,
        security_protocol: endpoint.security_protocol,
        ..Default::default()
    });
    let features = controller.features.iter().map(|(name, range)| ControllerFeature {
        name: name.clone().into(),
        min_supported_version: range.min,
        max_supported_version: range.max,
        ..Default::default()
    });
    Record::RegisterController(RegisterControllerRecord {
        controller_id: controller.id.0,
        incarnation_id: controller.incarnation_id,
        zk_migration_ready: controller.zk_migration_ready,
        end_points: end_points.collect(),
        features: features.collect(),
        ..Default::default()
    })
}

/// A partition's whole registration as one record.
pub(crate) fn partition_record(
    topic_id: TopicId,
    partition_id: i32,
    partition: &Partition,
    version: MetadataVersion,
) -> Record {
    // Empty lists are not written at all, so that a partition without them costs no bytes.
    let elr =
        |nodes: &[_]| (!nodes.is_empty() && version.allows_eligible_leader_replicas()).then(|| ids(nodes));
    let directories = match version.allows_directory_assignment() {
        true => partition.directories.to_vec(),
        false => Vec::new(),
    };
    Record::Partition(PartitionRecord {
        partition_id,
        topic_id,
        replicas: ids(&partition.replicas),
        isr: ids(&partition.isr),
        removing_replicas: ids(&partition.removing_replicas),
        adding_replicas: ids(&partition.adding_replicas),
        leader: partition.leader.map_or(NO_LEADER, |leader| leader.0),
        leader_recovery_state: partition.leader_recovery_state.code(),
        leader_epoch: partition.leader_epoch.0,
        partition_epoch: partition.partition_epoch,
        directories,
        eligible_leader_replicas: elr(&partition.eligible_leader_replicas),
        last_known_elr: elr(&partition.last_known_elr),
        ..Default::default()
    })
}
