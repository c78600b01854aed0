//! A fetch session with one broker (KIP-227): the broker remembers what was asked for last, so that a request names only
//! what has changed. Pure: what to send, and what an answer means for the next request.

use std::collections::BTreeMap;

use jackdaw_base::Uuid;

use crate::topic_partition::TopicPartition;

/// The first request of a session, or one without.
const FIRST_EPOCH: i32 = 0;

/// What is asked of one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub(super) topic_id: Uuid,
    pub(super) offset: i64,
    pub(super) leader_epoch: i32,
    /// The leader epoch of the record before `offset`, for the broker to compare (KIP-320); -1 if nobody knows.
    pub(super) last_epoch: i32,
    pub(super) bytes_max: i32,
}

/// One request of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SessionRequest {
    pub(super) session_id: i32,
    pub(super) epoch: i32,
    /// What the broker does not know yet.
    pub(super) send: Vec<(TopicPartition, Wanted)>,
    /// What it no longer needs to look at.
    pub(super) forget: Vec<(TopicPartition, Uuid)>,
}

/// What is known of a session.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FetchSession {
    id: i32,
    epoch: i32,
    known: BTreeMap<TopicPartition, Wanted>,
}

impl FetchSession {
    /// The next request, which asks for all of `wanted` and for nothing else.
    pub(super) fn request(&mut self, wanted: BTreeMap<TopicPartition, Wanted>) -> SessionRequest {
        let recreated = |(partition, wanted): (&TopicPartition, &Wanted)| {
            self.known.get(partition).is_some_and(|known| known.topic_id != wanted.topic_id)
        };
        if wanted.iter().any(recreated) {
            // The broker must not be asked to forget and to look at the same name at once.
            self.restart();
        }
        let is_full = self.epoch == FIRST_EPOCH;
        let send =
            wanted.iter().filter(|(partition, wanted)| is_full || self.known.get(*partition) != Some(wanted));
        let send = send.map(|(partition, wanted)| (partition.clone(), *wanted)).collect();
        let forgotten =
            self.known.iter().filter(|(partition, _)| !is_full && !wanted.contains_key(*partition));
        let forget = forgotten.map(|(partition, known)| (partition.clone(), known.topic_id)).collect();
        self.known = wanted;
        SessionRequest { session_id: self.id, epoch: self.epoch, send, forget }
    }

    /// The broker has answered with this session id.
    pub(super) fn on_answer(&mut self, session_id: i32) {
        if session_id == 0 {
            // It keeps no session for us: every request says everything.
            *self = Self { known: std::mem::take(&mut self.known), ..Self::default() };
        } else if self.epoch == FIRST_EPOCH {
            self.id = session_id;
            self.epoch = 1;
        } else {
            self.epoch = if self.epoch == i32::MAX { 1 } else { self.epoch + 1 };
        }
    }

    /// The broker does not know the session.
    pub(super) fn on_unknown(&mut self) {
        *self = Self::default();
    }

    /// Nobody knows what became of the last request: the next one ends this session and begins another.
    pub(super) fn restart(&mut self) {
        self.epoch = FIRST_EPOCH;
        self.known.clear();
    }
}

#[cfg(test)]
mod tests;
