//! OffsetFetch, versions 1 to 10 (KIP-447 stable offsets, KIP-709 many groups, KIP-848 member epochs, topic ids).

mod answer;

use std::sync::Arc;

use jackdaw_base::TopicId;
use jackdaw_coordinator::group::GroupRequest;
use jackdaw_coordinator::group::request::OffsetFetch;
use jackdaw_metadata::Image;
use jackdaw_protocol::messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};

use self::answer::Asked;
use super::groups;
use crate::coordinators::Call;
use crate::node::Node;
use crate::request::{Frame, RequestContext};
use crate::response::{CloseReason, Reply};

/// The first version that asks for many groups.
const GROUPS_VERSION: i16 = 8;
/// The first version that names topics by id.
const TOPIC_ID_VERSION: i16 = 10;

/// Topics with partitions; `None`: everything the group has.
type Wanted = Option<Vec<(Arc<str>, TopicId, Vec<i32>)>>;

/// Executes an OffsetFetch request.
pub fn handle(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    let (fetches, asked) = match read(node, context, frame) {
        Ok(read) => read,
        Err(reason) => return Reply::Close(reason),
    };
    let calls: Vec<Call> = fetches
        .into_iter()
        .map(|fetch| {
            let group = Arc::clone(&fetch.group);
            node.groups.ask(&group, GroupRequest::OffsetFetch(fetch))
        })
        .collect();
    let node = Arc::clone(node);
    groups::reply_to_all(context, calls, move |context, answers| {
        answer::encode(&node, context, &asked, answers)
    })
}

fn read(
    node: &Node,
    context: &RequestContext,
    frame: &Frame<'_>,
) -> Result<(Vec<OffsetFetch>, Vec<Asked>), CloseReason> {
    let request: OffsetFetchRequest<'_> = frame.decode(context.head)?;
    let image = node.image();
    let requires_stable = request.require_stable;
    let by_id = context.api_version() >= TOPIC_ID_VERSION;
    let groups = match context.api_version() < GROUPS_VERSION {
        true => vec![as_group(request)],
        false => request.groups,
    };
    let of_group = groups.into_iter().map(|one| {
        let mut unknown = Vec::new();
        let topics: Wanted = one.topics.map(|topics| {
            let named = topics.into_iter().filter_map(|topic| {
                let partitions = topic.partition_indexes;
                if !by_id {
                    return Some((groups::text(&topic.name), TopicId::ZERO, partitions));
                }
                match name_of(&image, topic.topic_id) {
                    Some(name) => Some((name, topic.topic_id, partitions)),
                    None => {
                        unknown.push((topic.topic_id, partitions));
                        None
                    }
                }
            });
            named.collect()
        });
        let group = groups::text(&one.group_id);
        let fetch = OffsetFetch {
            group: Arc::clone(&group),
            member: groups::optional(one.member_id.as_deref()),
            member_epoch: one.member_epoch,
            topics: topics.clone(),
            requires_stable,
        };
        (fetch, Asked { group, unknown, wanted: topics })
    });
    Ok(of_group.unzip())
}

/// What a version that knows one group only asks of it.
fn as_group(request: OffsetFetchRequest<'_>) -> OffsetFetchRequestGroup<'_> {
    let topics = request.topics.map(|topics| {
        let topics = topics.into_iter().map(|topic| OffsetFetchRequestTopics {
            name: topic.name,
            partition_indexes: topic.partition_indexes,
            ..Default::default()
        });
        topics.collect()
    });
    OffsetFetchRequestGroup { group_id: request.group_id, topics, ..Default::default() }
}

fn name_of(image: &Image, id: TopicId) -> Option<Arc<str>> {
    image.topics.get(id).map(|topic| Arc::clone(&topic.name))
}
