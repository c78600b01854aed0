use jackdaw_base::{Offset, Uuid};
use jackdaw_protocol::messages::partition_record::PartitionRecord;
use jackdaw_protocol::messages::topic_record::TopicRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::*;

/// Topics by name, with their numbers of partitions.
fn image(topics: &[(&str, i32)]) -> Image {
    let mut image = Image::default();
    let mut records = Vec::new();
    for (number, (name, count)) in (10u128..).zip(topics) {
        let topic_id = Uuid::from_u128(number);
        records.push(MetadataRecord::Topic(TopicRecord {
            name: (*name).into(),
            topic_id,
            ..Default::default()
        }));
        records.extend((0..*count).map(|partition_id| {
            MetadataRecord::Partition(PartitionRecord {
                partition_id,
                topic_id,
                replicas: vec![1],
                isr: vec![1],
                leader: 1,
                ..Default::default()
            })
        }));
    }
    for (offset, record) in (0..).zip(&records) {
        image.replay(record, Offset(offset)).expect("replays");
    }
    image
}

/// All pages of all topics, as `topic-partition`, a `|` between pages.
fn pages(image: &Image, limit: usize) -> String {
    let mut text = Vec::new();
    let (mut topic, mut partition) = (String::new(), 0);
    loop {
        let start = Start { topic: &topic, partition };
        let page = page(image, image.topics.iter_from(start.topic).map(Ok), start, limit);
        for topic in &page.topics {
            let name = topic.name.as_deref().expect("has a name");
            text.extend(
                topic.partitions.iter().map(|partition| format!("{name}-{}", partition.partition_index)),
            );
        }
        let Some(cursor) = page.next_cursor else { return text.join(" ") };
        text.push("|".to_owned());
        (topic, partition) = (cursor.topic_name.into_owned(), cursor.partition_index as usize);
    }
}

#[test]
fn pages_follow_each_other_without_gaps() {
    let image = image(&[("b", 3), ("a", 2), ("c", 1)]);
    assert_eq!(pages(&image, 100), "a-0 a-1 b-0 b-1 b-2 c-0");
    assert_eq!(pages(&image, 4), "a-0 a-1 b-0 b-1 | b-2 c-0");
    assert_eq!(pages(&image, 5), "a-0 a-1 b-0 b-1 b-2 | c-0");
    assert_eq!(pages(&image, 1), "a-0 | a-1 | b-0 | b-1 | b-2 | c-0");
}

#[test]
fn a_cursor_behind_the_last_partition_goes_on_with_the_next_topic() {
    let image = image(&[("a", 2), ("b", 1)]);
    let start = Start { topic: "a", partition: 7 };
    let page = page(&image, image.topics.iter_from("a").map(Ok), start, 10);
    let counts: Vec<usize> = page.topics.iter().map(|topic| topic.partitions.len()).collect();
    assert_eq!(counts, [0, 1]);
    assert!(page.next_cursor.is_none());
}

#[test]
fn topics_that_do_not_exist_are_told_and_take_no_room() {
    let image = image(&[("a", 1), ("c", 1)]);
    let asked = ["a", "b", "bad name", "c"].map(|name| image.topics.by_name(name).ok_or(name));
    let page = page(&image, asked.into_iter(), Start { topic: "", partition: 0 }, 2);
    let errors: Vec<i16> = page.topics.iter().map(|topic| topic.error_code).collect();
    let unknown = ErrorCode::UnknownTopicOrPartition.code();
    assert_eq!(errors, [0, unknown, ErrorCode::InvalidTopicException.code(), 0]);
    assert!(page.next_cursor.is_none());
}
