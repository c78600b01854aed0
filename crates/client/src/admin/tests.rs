use super::*;
use crate::TopicPartition;

fn is_send<T: Send>(_: T) {}

/// Never run: it compiles only if the futures may be spawned on any runtime.
#[allow(dead_code, reason = "a check for the compiler")]
fn futures_can_be_spawned(admin: &'static Admin) {
    let partition = || TopicPartition::new("t", 0);
    is_send(admin.create_topics([NewTopic::new("t")], Apply::Change));
    is_send(admin.delete_topics(["t"]));
    is_send(admin.describe_topics(["t"]));
    is_send(admin.describe_configs([ConfigResource::topic("t")], DescribeConfigsOptions::default()));
    is_send(admin.alter_configs([(ConfigResource::topic("t"), Vec::new())], Apply::Change));
    is_send(admin.delete_records([(partition(), 1)]));
    is_send(
        admin.list_offsets([(partition(), OffsetSpec::Latest)], crate::config::IsolationLevel::ReadCommitted),
    );
    is_send(admin.describe_groups(["g"]));
    is_send(admin.list_group_offsets("g", None));
    is_send(admin.alter_group_offsets("g", [(partition(), CommittedOffset::new(1))]));
    is_send(admin.list_transactions(
        const {
            &TransactionFilter {
                states: Vec::new(),
                producer_ids: Vec::new(),
                longer_than: None,
                transactional_id_pattern: None,
            }
        },
    ));
    is_send(admin.describe_apis());
    is_send(admin.describe_log_dirs(&[], None));
    is_send(admin.fence_producers(["x"]));
    is_send(admin.describe_quorum());
}
