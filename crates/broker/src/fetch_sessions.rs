//! Incremental fetch sessions (KIP-227): what a client fetches is remembered, so that its requests and our answers name
//! only what changes. Pure state behind one lock; who fetches what from where is not decided here.
//!
//! ```text
//!  id 0, epoch 0 ──▶ new session, epoch 1 ──▶ epoch n → n + 1, each named by the next request ──▶ epoch -1: closed
//! ```

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jackdaw_base::{LeaderEpoch, MonotonicNs, Offset, TopicId};
use parking_lot::Mutex;

/// The epoch of a request that wants no session, or closes the one it names.
pub const FINAL_EPOCH: i32 = -1;
/// The epoch of a request that wants a new session.
pub const INITIAL_EPOCH: i32 = 0;
/// A session that was used within this time is not given up for another one.
const EVICTION_AGE_MS: u64 = 120_000;

/// One partition that a client fetches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The topic's name; empty if it is only known by its id.
    pub topic: Arc<str>,
    /// The topic's id; zero where the request names topics.
    pub topic_id: TopicId,
    /// The partition's number.
    pub index: i32,
    /// The first offset wanted.
    pub offset: Offset,
    /// At most this many bytes of it.
    pub size_bytes_max: i32,
    /// The leadership that the client knows.
    pub leader_epoch: Option<LeaderEpoch>,
    /// The epoch of its last record.
    pub last_fetched_epoch: Option<LeaderEpoch>,
}

type Key = (Arc<str>, TopicId, i32);

impl Wanted {
    fn key(&self) -> Key {
        (Arc::clone(&self.topic), self.topic_id, self.index)
    }
}

/// What the client was told of a partition last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// The high watermark; -1 makes the next answer name the partition again.
    pub high_watermark: i64,
    /// The log start.
    pub log_start: i64,
}

const NOTHING_TOLD: Told = Told { high_watermark: -1, log_start: -1 };

struct Session {
    epoch: i32,
    uses_topic_ids: bool,
    created: MonotonicNs,
    used: MonotonicNs,
    /// In the order of service: what was served goes to the end.
    order: BTreeMap<u64, (Wanted, Told)>,
    places: HashMap<Key, u64>,
    next_place: u64,
}

impl Session {
    fn new(uses_topic_ids: bool, now: MonotonicNs) -> Self {
        Self {
            epoch: 1,
            uses_topic_ids,
            created: now,
            used: now,
            order: BTreeMap::new(),
            places: HashMap::new(),
            next_place: 0,
        }
    }

    fn put(&mut self, wanted: Wanted) {
        let key = wanted.key();
        match self.places.get(&key).and_then(|place| self.order.get_mut(place)) {
            Some((kept, _)) => *kept = wanted,
            None => self.append(key, wanted, NOTHING_TOLD),
        }
    }

    fn append(&mut self, key: Key, wanted: Wanted, told: Told) {
        self.places.insert(key, self.next_place);
        self.order.insert(self.next_place, (wanted, told));
        self.next_place += 1;
    }

    fn remove(&mut self, key: &Key) -> Option<(Wanted, Told)> {
        self.places.remove(key).and_then(|place| self.order.remove(&place))
    }

    fn all(&self) -> Vec<Wanted> {
        self.order.values().map(|(wanted, _)| wanted.clone()).collect()
    }
}

/// A partition that a client no longer fetches: (topic, topic id, number).
pub type Forgotten = (Arc<str>, TopicId, i32);

/// Why a session cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionError {
    /// There is no such session (any more).
    NotFound,
    /// The request is not the one that comes next.
    WrongEpoch,
    /// A session names topics by id or by name, never by both.
    TopicIdMismatch,
}

/// How a request is to be served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// The session that the answer names; 0 for none.
    pub session_id: i32,
    /// Whether the answer leaves out what has not changed.
    pub is_incremental: bool,
    /// What to fetch, in this order.
    pub wanted: Vec<Wanted>,
}

/// What a request says of sessions.
pub struct SessionRequest {
    /// The session, 0 for none.
    pub session_id: i32,
    /// Which of its requests this is.
    pub epoch: i32,
    /// Whether topics are named by id.
    pub uses_topic_ids: bool,
    /// What is fetched, or fetched differently, from now on.
    pub wanted: Vec<Wanted>,
    /// What is not fetched any more.
    pub forgotten: Vec<Forgotten>,
}

/// All sessions of a broker.
pub struct FetchSessions {
    sessions_max: usize,
    sessions: Mutex<HashMap<i32, Session>>,
}

impl FetchSessions {
    /// At most `sessions_max` (`max.incremental.fetch.session.cache.slots`).
    pub fn new(sessions_max: usize) -> Self {
        Self { sessions_max, sessions: Mutex::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sessions.lock().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Partitions in all sessions.
    pub fn partition_count(&self) -> usize {
        self.sessions.lock().values().map(|session| session.order.len()).sum()
    }

    /// Takes a request in. `new_id` is a random positive number for a new session.
    pub fn begin(
        &self,
        request: SessionRequest,
        now: MonotonicNs,
        new_id: i32,
    ) -> Result<Turn, SessionError> {
        let mut sessions = self.sessions.lock();
        if request.epoch == INITIAL_EPOCH || request.epoch == FINAL_EPOCH {
            // A full fetch ends whatever session it names.
            sessions.remove(&request.session_id);
            let session_id = match request.epoch {
                INITIAL_EPOCH => self.create(&mut sessions, &request, now, new_id),
                _ => 0,
            };
            return Ok(Turn { session_id, is_incremental: false, wanted: request.wanted });
        }
        let session = sessions.get_mut(&request.session_id).ok_or(SessionError::NotFound)?;
        if session.epoch != request.epoch {
            return Err(SessionError::WrongEpoch);
        }
        if session.uses_topic_ids != request.uses_topic_ids {
            return Err(SessionError::TopicIdMismatch);
        }
        session.epoch = if session.epoch == i32::MAX { 1 } else { session.epoch + 1 };
        session.used = now;
        for key in &request.forgotten {
            session.remove(key);
        }
        for wanted in request.wanted {
            session.put(wanted);
        }
        let wanted = session.all();
        if wanted.is_empty() {
            // Kafka gives up a session that fetches nothing.
            sessions.remove(&request.session_id);
            return Ok(Turn { session_id: 0, is_incremental: false, wanted });
        }
        Ok(Turn { session_id: request.session_id, is_incremental: true, wanted })
    }

    fn create(
        &self,
        sessions: &mut HashMap<i32, Session>,
        request: &SessionRequest,
        now: MonotonicNs,
        new_id: i32,
    ) -> i32 {
        let is_free = new_id > 0 && !sessions.contains_key(&new_id);
        if request.wanted.is_empty() || !is_free || !self.make_room(sessions, request.wanted.len(), now) {
            return 0;
        }
        let mut session = Session::new(request.uses_topic_ids, now);
        request.wanted.iter().cloned().for_each(|wanted| session.put(wanted));
        sessions.insert(new_id, session);
        new_id
    }

    /// Whether there is room, after giving up a session that is unused, or old and smaller than the new one.
    fn make_room(&self, sessions: &mut HashMap<i32, Session>, partitions: usize, now: MonotonicNs) -> bool {
        if sessions.len() < self.sessions_max {
            return true;
        }
        let age_ns = EVICTION_AGE_MS * 1_000_000;
        let unused = sessions.iter().filter(|(_, session)| now.since_ns(session.used) > age_ns);
        let unused = unused.min_by_key(|(id, session)| (session.used, **id)).map(|(id, _)| *id);
        let smaller = || {
            let old = sessions.iter().filter(|(_, session)| now.since_ns(session.created) > age_ns);
            old.filter(|(_, session)| session.order.len() < partitions)
                .min_by_key(|(id, session)| (session.order.len(), **id))
                .map(|(id, _)| *id)
        };
        unused.or_else(smaller).is_some_and(|id| sessions.remove(&id).is_some())
    }

    /// For each fetched partition: whether the answer has to name it. `told` is what the answer says, `has_news` whether
    /// it holds records, an error or a divergence; what has records goes to the end of the order.
    pub fn finish(&self, session_id: i32, results: &[(Wanted, Told, News)]) -> Vec<bool> {
        let mut sessions = self.sessions.lock();
        let Some(session) = sessions.get_mut(&session_id) else { return vec![true; results.len()] };
        results.iter().map(|(wanted, told, news)| session.tell(wanted, *told, *news)).collect()
    }
}

/// What an answer holds for a partition besides its offsets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// Nothing.
    None,
    /// Records.
    Records,
    /// An error, or a divergence.
    Trouble,
}

impl Session {
    fn tell(&mut self, wanted: &Wanted, told: Told, news: News) -> bool {
        let key = wanted.key();
        let Some((_, before)) = self.places.get(&key).and_then(|place| self.order.get_mut(place)) else {
            return news != News::None;
        };
        let must_tell = news != News::None || *before != told;
        // After an error the next answer without one names the partition again.
        *before = if news == News::Trouble { NOTHING_TOLD } else { told };
        if news == News::Records
            && let Some((kept, told)) = self.remove(&key)
        {
            // What was served waits for the others.
            self.append(key, kept, told);
        }
        must_tell
    }
}

#[cfg(test)]
mod tests;
