//! Where reading begins.

use jackdaw_client::TopicPartition;
use jackdaw_client::consumer::Consumer;

use crate::command::failure;
use crate::failure::Failure;
use crate::time_text;

/// A place in every partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Beginning,
    End,
    Offset(i64),
    /// So many records before the end.
    Last(i64),
    /// The first record from this time on.
    Time(i64),
}

impl Place {
    pub(super) fn parse(text: &str, now_ms: i64) -> Result<Self, Failure> {
        let place = match text {
            "beginning" | "start" | "earliest" => Some(Self::Beginning),
            "end" | "latest" => Some(Self::End),
            text => match text.parse::<i64>() {
                Ok(offset @ 0..) => Some(Self::Offset(offset)),
                Ok(back) => Some(Self::Last(back.saturating_neg())),
                Err(_) => time_text::parse_time(text)
                    .or_else(|| Some(now_ms.saturating_sub(time_text::parse_duration(text)?)))
                    .map(Self::Time),
            },
        };
        place.ok_or_else(|| {
            Failure::message(format!("--from {text}: no place"))
                .code(2)
                .hint("Places are beginning, end, an offset, -N, a time such as 2026-11-21T14:00, or 90m for so long ago.")
        })
    }
}

/// Assigns partitions, each at its place.
pub(super) async fn assign(
    consumer: &Consumer,
    partitions: &[TopicPartition],
    place: Place,
) -> Result<(), Failure> {
    let fail = |error: jackdaw_client::Error| failure(&error);
    let mut offsets = Vec::new();
    match place {
        Place::Beginning | Place::End => {}
        Place::Offset(offset) => {
            offsets.extend(partitions.iter().map(|partition| (partition.clone(), offset)))
        }
        Place::Last(count) => {
            let starts = consumer.beginning_offsets(partitions.iter().cloned()).await;
            for (partition, end) in consumer.end_offsets(partitions.iter().cloned()).await {
                let start = starts.get(&partition).and_then(|start| start.as_ref().ok()).copied().flatten();
                let start = start.map_or(0, |start| start.offset);
                let end = end.map_err(fail)?.map_or(0, |end| end.offset);
                offsets.push((partition, end.saturating_sub(count).max(start)));
            }
        }
        Place::Time(time) => {
            let times = partitions.iter().map(|partition| (partition.clone(), time));
            for (partition, found) in consumer.offsets_for_times(times).await {
                if let Some(found) = found.map_err(fail)? {
                    offsets.push((partition, found.offset));
                }
            }
        }
    }
    consumer.assign(partitions.iter().cloned()).map_err(fail)?;
    let is_at_end = matches!(place, Place::End | Place::Time(_));
    for partition in partitions {
        match offsets.iter().find(|(found, _)| found == partition) {
            Some((_, offset)) => consumer.seek(partition, *offset).map_err(fail)?,
            None if is_at_end => consumer.seek_to_end(partition).map_err(fail)?,
            None => consumer.seek_to_beginning(partition).map_err(fail)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
