//! Administration: whatever a broker may refuse because it lacks the API is told apart from what is wrong.

use std::collections::BTreeMap;

use jackdaw_client::admin::{
    Apply, CommittedOffset, ConfigAlteration, ConfigEntry, ConfigResource, DescribeConfigsOptions,
    ElectionType, GroupFilter, NewPartitions, NewTopic, NodeApis, OffsetSpec, QuotaAlteration, QuotaEntity,
    QuotaEntry, QuotaFilter, ReplicationFactorChange, Results, TransactionFilter,
};
use jackdaw_client::config::IsolationLevel;
use jackdaw_client::{Error, TopicPartition};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;

use super::cases::{Context, Outcome, ensure};

pub async fn run(context: &Context) {
    context.case("admin: a topic's life", topic_life(context)).await;
    context.case("admin: errors stay with their items", own_errors(context)).await;
    context.case("admin: pages of topics", pages(context)).await;
    context.case("admin: configurations", configs(context)).await;
    context.case("admin: offsets and deleted records", offsets(context)).await;
    context.case("admin: the cluster", cluster(context)).await;
    context.case("admin: offsets of groups", group_offsets(context)).await;
    context.case("admin: log directories", log_dirs(context)).await;
    context.case("admin: elections and reassignments", replicas(context)).await;
    for (api, name) in [
        (ApiKey::DescribeProducers, "producers"),
        (ApiKey::ListTransactions, "transactions"),
        (ApiKey::AlterClientQuotas, "quotas"),
        (ApiKey::DescribeAcls, "access lists"),
        (ApiKey::DescribeUserScramCredentials, "SCRAM users and tokens"),
    ] {
        let apis = context.admin.describe_apis().await;
        let serves = |apis: &Result<NodeApis, Error>| apis.as_ref().is_ok_and(|apis| apis.of(api).is_some());
        if !apis.is_ok_and(|apis| apis.values().any(serves)) {
            println!("skip admin: {name}: the broker does not serve them yet");
            continue;
        }
        let name = format!("admin: {name}");
        match api {
            ApiKey::DescribeProducers => context.case(&name, producers(context)).await,
            ApiKey::ListTransactions => context.case(&name, transactions(context)).await,
            ApiKey::AlterClientQuotas => context.case(&name, quotas(context)).await,
            ApiKey::DescribeAcls => context.case(&name, acls(context)).await,
            _ => context.case(&name, credentials(context)).await,
        }
    }
}

async fn topic_life(context: &Context) -> Outcome {
    let (admin, name) = (&context.admin, context.unique("life"));
    let topic = NewTopic::new(&name).partitions(3).config("retention.ms", "3600000");
    let validated = admin.create_topics([topic.clone()], Apply::ValidateOnly).await;
    validated.into_values().next().ok_or("no answer")??;
    ensure(admin.list_topics().await?.iter().all(|topic| topic.name != name), || "it was created".into())?;
    let created =
        admin.create_topics([topic.clone()], Apply::Change).await.remove(&name).ok_or("no answer")??;
    ensure(created.partitions == Some(3) && !created.topic_id.is_zero(), || format!("{created:?}"))?;
    let again = admin.create_topics([topic], Apply::Change).await.remove(&name).ok_or("no answer")?;
    ensure(again.is_err_and(|error| error.is(ErrorCode::TopicAlreadyExists)), || "created twice".into())?;
    let more = admin.create_partitions([(&*name, NewPartitions::increase_to(5))], Apply::Change).await;
    more.into_values().collect::<Result<(), Error>>()?;
    context.until_partitions(&name, 5).await;
    let by_name = admin.describe_topics([&*name]).await.remove(&name).ok_or("no answer")??;
    let by_id =
        admin.describe_topics_by_id([created.topic_id]).await.into_values().next().ok_or("no answer")??;
    ensure(by_name.partitions.len() == 5, || format!("{by_name:?}"))?;
    ensure(by_id.name == name && by_id.partitions.len() == 5, || format!("{by_id:?}"))?;
    ensure(by_name.partitions.iter().all(|partition| partition.leader.is_some()), || format!("{by_name:?}"))?;
    admin.delete_topics([&*name]).await.into_values().collect::<Result<(), Error>>()?;
    loop {
        // Kafka answers before all its brokers know.
        match admin.describe_topics([&*name]).await.remove(&name).ok_or("no answer")? {
            Ok(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            Err(error) if error.is(ErrorCode::UnknownTopicOrPartition) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

async fn own_errors(context: &Context) -> Outcome {
    let (admin, name) = (&context.admin, context.unique("own"));
    let topics = [
        NewTopic::new(&name).partitions(1),
        NewTopic::new("not a name!"),
        NewTopic::new(context.unique("n")).partitions(-5),
    ];
    let mut results = admin.create_topics(topics, Apply::ValidateOnly).await;
    ensure(results.remove(&name).is_some_and(|result| result.is_ok()), || "the good one failed".into())?;
    for (name, result) in results {
        let error = result.err().ok_or(format!("{name} passed"))?;
        ensure(error.topic() == Some(&name), || format!("{error}"))?;
    }
    Ok(())
}

async fn pages(context: &Context) -> Outcome {
    let admin = &context.admin;
    let names: Vec<String> = (0..3).map(|i| context.unique(&format!("page{i}"))).collect();
    let topics = names.iter().map(|name| NewTopic::new(name).partitions(4));
    admin.create_topics(topics, Apply::Change).await.into_values().collect::<Result<Vec<_>, _>>()?;
    for name in &names {
        context.until_partitions(name, 4).await;
    }
    let (mut from, mut seen, mut pages) = (None, BTreeMap::new(), 0);
    loop {
        let page = admin.describe_topics_page(&names, from.as_ref(), 5).await?;
        for (name, topic) in page.topics {
            *seen.entry(name).or_insert(0) += topic?.partitions.len();
        }
        pages += 1;
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    ensure(pages == 3 && seen.len() == 3 && seen.values().all(|&count| count == 4), || {
        format!("{pages} {seen:?}")
    })?;
    let whole = admin.describe_topics(names.clone()).await;
    ensure(
        whole.values().all(|topic| topic.as_ref().is_ok_and(|topic| topic.partitions.len() == 4)),
        || format!("{whole:?}"),
    )?;
    admin.delete_topics(names).await.into_values().collect::<Result<(), Error>>()?;
    Ok(())
}

async fn configs(context: &Context) -> Outcome {
    let (admin, topic) = (&context.admin, context.topic("configs", 1).await?);
    let resource = ConfigResource::topic(&topic);
    let alterations = vec![
        ConfigAlteration::set("retention.ms", "12345"),
        ConfigAlteration::set("cleanup.policy", "compact"),
    ];
    admin
        .alter_configs([(resource.clone(), alterations)], Apply::Change)
        .await
        .into_values()
        .collect::<Result<(), _>>()?;
    let options = DescribeConfigsOptions { with_synonyms: true, with_documentation: true };
    let node = admin.describe_cluster().await?.brokers[0].id;
    let retention_of = |entries: &Vec<ConfigEntry>| {
        entries.iter().find(|entry| entry.name == "retention.ms").cloned().ok_or("no retention.ms")
    };
    let ask = async || {
        let asked = [resource.clone(), ConfigResource::broker(node)];
        Ok(admin.describe_configs(asked, options).await)
    };
    let is_set = |described: &Results<ConfigResource, Vec<ConfigEntry>>| {
        let entries = described.get(&resource).and_then(|entries| entries.as_ref().ok());
        entries.is_some_and(|entries| retention_of(entries).is_ok_and(|entry| !entry.is_default()))
    };
    let described = context.eventually(ask, is_set).await?;
    let entries = described.get(&resource).ok_or("no answer")?.as_ref().map_err(Error::clone)?;
    let retention = retention_of(entries)?;
    ensure(retention.value.as_deref() == Some("12345") && !retention.is_default(), || {
        format!("{retention:?}")
    })?;
    ensure(retention.documentation.is_some() && !retention.synonyms.is_empty(), || format!("{retention:?}"))?;
    let broker =
        described.get(&ConfigResource::broker(node)).ok_or("no answer")?.as_ref().map_err(Error::clone)?;
    ensure(broker.iter().any(|entry| entry.name == "log.retention.ms"), || "no broker configs".into())?;
    let wrong = vec![ConfigAlteration::set("retention.ms", "soon")];
    let refused = admin.alter_configs([(resource.clone(), wrong)], Apply::Change).await;
    ensure(
        refused.into_values().all(|result| result.is_err_and(|e| e.is(ErrorCode::InvalidConfig))),
        || "accepted".into(),
    )?;
    let undo = vec![ConfigAlteration::delete("retention.ms")];
    admin.alter_configs([(resource, undo)], Apply::Change).await.into_values().collect::<Result<(), _>>()?;
    Ok(())
}

async fn offsets(context: &Context) -> Outcome {
    let (admin, topic) = (&context.admin, context.topic("offsets", 2).await?);
    let partition = |index| TopicPartition::new(&*topic, index);
    let specs = [(partition(0), OffsetSpec::Earliest), (partition(1), OffsetSpec::Latest)];
    for (partition, found) in admin.list_offsets(specs, IsolationLevel::ReadUncommitted).await {
        let found = found?.ok_or("nothing")?;
        ensure(found.offset == 0, || format!("{partition} {found:?}"))?;
    }
    let specs = [(partition(0), OffsetSpec::Timestamp(0)), (partition(7), OffsetSpec::Latest)];
    let mut found = admin.list_offsets(specs, IsolationLevel::ReadCommitted).await;
    ensure(matches!(found.remove(&partition(0)), Some(Ok(None))), || "found what is not there".into())?;
    ensure(found.remove(&partition(7)).is_some_and(|result| result.is_err()), || "no such partition".into())?;
    let mut deleted = admin.delete_records([(partition(0), 0), (partition(1), 99)]).await;
    ensure(deleted.remove(&partition(0)).ok_or("no answer")?? == 0, || "not 0".into())?;
    let beyond = deleted.remove(&partition(1)).ok_or("no answer")?;
    ensure(beyond.is_err_and(|error| error.is(ErrorCode::OffsetOutOfRange)), || "beyond the end".into())
}

async fn cluster(context: &Context) -> Outcome {
    let admin = &context.admin;
    let described = admin.describe_cluster().await?;
    ensure(!described.brokers.is_empty() && described.controller.is_some(), || format!("{described:?}"))?;
    let with_fenced = admin.describe_cluster_with_fenced().await?;
    ensure(with_fenced.brokers.len() >= described.brokers.len(), || format!("{with_fenced:?}"))?;
    let features = admin.describe_features().await?;
    ensure(features.finalized.contains_key("metadata.version"), || format!("{features:?}"))?;
    let apis = admin.describe_apis().await?;
    ensure(apis.values().all(|apis| apis.as_ref().is_ok_and(|apis| apis.versions.len() > 20)), || {
        format!("{apis:?}")
    })?;
    let quorum = admin.describe_quorum().await?;
    ensure(!quorum.voters.is_empty() && quorum.high_watermark > 0, || format!("{quorum:?}"))?;
    let unknown = admin.unregister_broker(4711).await;
    ensure(unknown.is_err_and(|error| error.is(ErrorCode::BrokerIdNotRegistered)), || "unregistered".into())
}

async fn group_offsets(context: &Context) -> Outcome {
    let (admin, topic) = (&context.admin, context.topic("groups", 2).await?);
    let group = context.unique("group");
    let partition = |index| TopicPartition::new(&*topic, index);
    let offset = CommittedOffset { offset: 42, leader_epoch: None, metadata: "here".to_owned() };
    let set =
        admin.alter_group_offsets(&group, [(partition(0), offset.clone()), (partition(1), 7.into())]).await?;
    set.into_values().collect::<Result<(), _>>()?;
    let mut listed = admin.list_group_offsets(&group, None).await?;
    ensure(listed.len() == 2, || format!("{listed:?}"))?;
    ensure(listed.remove(&partition(0)).ok_or("no answer")?? == offset, || "another offset".into())?;
    let groups = admin.list_groups(&GroupFilter::default()).await?;
    let listing = groups.iter().find(|listing| listing.group_id == group).ok_or("not listed")?;
    ensure(listing.is_consumer_group() && listing.state.as_deref() == Some("Empty"), || {
        format!("{listing:?}")
    })?;
    let described = admin.describe_groups([&*group]).await.remove(&group).ok_or("no answer")??;
    ensure(described.members.is_empty() && described.state == "Empty", || format!("{described:?}"))?;
    let deleted = admin.delete_group_offsets(&group, &[partition(0)]).await?;
    deleted.into_values().collect::<Result<(), _>>()?;
    let one = admin.list_group_offsets(&group, Some(&[partition(0), partition(1)])).await?;
    ensure(one.len() == 1, || format!("{one:?}"))?;
    admin.delete_groups([&*group]).await.into_values().collect::<Result<(), _>>()?;
    let gone = admin.describe_groups([&*group]).await.remove(&group).ok_or("no answer")?;
    ensure(gone.is_err_and(|error| error.is(ErrorCode::GroupIdNotFound)), || "still there".into())
}

async fn log_dirs(context: &Context) -> Outcome {
    let (admin, topic) = (&context.admin, context.topic("dirs", 1).await?);
    let partition = TopicPartition::new(&*topic, 0);
    let brokers = admin.describe_log_dirs(&[], None).await?;
    for dirs in brokers.into_values() {
        for (path, dir) in dirs? {
            ensure(dir?.total_bytes.is_some(), || format!("{path} has no size"))?;
        }
    }
    let node =
        admin.describe_topics([&*topic]).await.remove(&topic).ok_or("no answer")??.partitions[0].replicas[0];
    let moves = BTreeMap::from([(partition, "/no/such/directory".to_owned())]);
    let moved = admin.alter_replica_log_dirs(node, &moves).await;
    ensure(moved.into_values().all(|result| result.is_err_and(|e| e.is(ErrorCode::LogDirNotFound))), || {
        "moved".into()
    })
}

async fn replicas(context: &Context) -> Outcome {
    let (admin, topic) = (&context.admin, context.topic("replicas", 1).await?);
    let partition = TopicPartition::new(&*topic, 0);
    let elected =
        admin.elect_leaders(ElectionType::Preferred, Some(std::slice::from_ref(&partition))).await?;
    ensure(elected.into_values().all(|r| r.is_err_and(|e| e.is(ErrorCode::ElectionNotNeeded))), || {
        "elected".into()
    })?;
    let under_way = admin.list_reassignments(Some(std::slice::from_ref(&partition))).await?;
    ensure(under_way.is_empty(), || format!("{under_way:?}"))?;
    let stopped = admin
        .alter_reassignments(&BTreeMap::from([(partition, None)]), ReplicationFactorChange::Allowed)
        .await?;
    ensure(stopped.into_values().all(|r| r.is_err_and(|e| e.is(ErrorCode::NoReassignmentInProgress))), || {
        "stopped what is not under way".into()
    })
}

async fn producers(context: &Context) -> Outcome {
    let (admin, topic) = (&context.admin, context.topic("producers", 1).await?);
    let partition = TopicPartition::new(&*topic, 0);
    let none =
        admin.describe_producers([partition.clone()]).await.remove(&partition).ok_or("no answer")??;
    ensure(none.is_empty(), || format!("{none:?}"))?;
    let writer = super::producer::producer(context, &[]).await?;
    super::consumer::fill(&writer, &topic, Some(0), 0..3).await?;
    let one = admin.describe_producers([partition.clone()]).await.remove(&partition).ok_or("no answer")??;
    ensure(one.len() == 1 && one[0].last_sequence == Some(2), || format!("{one:?}"))
}

async fn transactions(context: &Context) -> Outcome {
    let admin = &context.admin;
    admin.list_transactions(&TransactionFilter::default()).await?;
    let id = context.unique("nobody");
    let unknown = admin.describe_transactions([&*id]).await.remove(&id).ok_or("no answer")?;
    ensure(unknown.is_err_and(|error| error.is(ErrorCode::TransactionalIdNotFound)), || "known".into())
}

async fn quotas(context: &Context) -> Outcome {
    let (admin, name) = (&context.admin, context.unique("user"));
    let entity = QuotaEntity::default().and("user", Some(&name));
    let set = |value| QuotaAlteration {
        entity: entity.clone(),
        values: BTreeMap::from([("producer_byte_rate".to_owned(), value)]),
    };
    admin.alter_quotas(&[set(Some(1e6))], Apply::Change).await?.into_values().collect::<Result<(), _>>()?;
    let is_there = |entries: &Vec<QuotaEntry>| entries.iter().any(|entry| entry.entity == entity);
    let ask = async || admin.describe_quotas(&QuotaFilter::default()).await;
    let entries = context.eventually(ask, is_there).await?;
    let entry = entries.iter().find(|entry| entry.entity == entity).ok_or("no quota")?;
    ensure(entry.values.get("producer_byte_rate") == Some(&1e6), || format!("{entry:?}"))?;
    admin.alter_quotas(&[set(None)], Apply::Change).await?.into_values().collect::<Result<(), _>>()?;
    Ok(())
}

async fn acls(context: &Context) -> Outcome {
    match context.admin.describe_acls(&Default::default()).await {
        Ok(_) => Ok(()),
        Err(error) if error.is(ErrorCode::SecurityDisabled) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn credentials(context: &Context) -> Outcome {
    context.admin.describe_scram_credentials(&[]).await?;
    match context.admin.describe_tokens(&[]).await {
        Ok(_) => Ok(()),
        Err(error) if error.is(ErrorCode::DelegationTokenAuthDisabled) => Ok(()),
        Err(error) if error.is(ErrorCode::DelegationTokenRequestNotAllowed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
