//! Named clients of one group `g`, which send what real clients send and remember what they are answered. Answers are
//! compared as short texts, in which member ids are the names of the clients that they were given to.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::{MonotonicNs, Offset, TimestampMs, Uuid};

use jackdaw_protocol::error_code::ErrorCode;

use super::world::TestWorld;
use crate::group::record::{GroupId, GroupRecord, MemberId};
use crate::group::request::{
    Client, GroupAnswer, GroupRequest, Heartbeat, JoinGroup, Joined, LeaveGroup, Leaving, Left, SyncGroup,
    Synced,
};
use crate::group::shard::GroupShard;
use crate::runtime::{Runtime, RuntimeLimits};
use crate::shard::{Moment, Token};

/// What a client says of itself, and what it knows.
#[derive(Clone, Debug)]
pub struct TestClient {
    pub member: MemberId,
    pub instance: Option<Arc<str>>,
    pub generation: i32,
    pub session_timeout_ms: i32,
    pub rebalance_timeout_ms: i32,
    pub protocol_type: &'static str,
    pub protocols: Vec<(&'static str, String)>,
    pub join_version: i16,
    /// How long its heartbeats may be kept back.
    pub park_ms: Option<u64>,
}

impl TestClient {
    fn new(name: &str) -> Self {
        Self {
            member: Arc::from(""),
            instance: None,
            generation: -1,
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: 60_000,
            protocol_type: "connect",
            protocols: vec![("range", name.to_owned())],
            join_version: 9,
            park_ms: None,
        }
    }
}

/// The runtime with its log, the clock, and the clients.
pub struct Driver {
    pub world: TestWorld,
    pub runtime: Runtime<GroupShard>,
    pub log: Vec<GroupRecord>,
    /// Whether the log takes records; and whether it commits them.
    pub log_fails: bool,
    pub log_commits: bool,
    pub now_ms: u64,
    clients: BTreeMap<String, TestClient>,
    names: BTreeMap<MemberId, String>,
    asked: BTreeMap<Token, String>,
    heard: BTreeMap<String, Vec<String>>,
    randoms: u128,
}

impl Driver {
    pub fn new() -> Self {
        Self::with_log(TestWorld::default(), Vec::new())
    }

    /// Group settings other than the usual ones.
    pub fn with_world(change: impl FnOnce(&mut TestWorld)) -> Self {
        let mut world = TestWorld::default();
        change(&mut world);
        Self::with_log(world, Vec::new())
    }

    /// A coordinator that reads a log first.
    pub fn with_log(world: TestWorld, log: Vec<GroupRecord>) -> Self {
        let mut runtime = Runtime::new(GroupShard::default(), RuntimeLimits::default());
        log.iter().for_each(|record| runtime.replay(record));
        let end = Offset(log.len() as i64);
        runtime.on_loaded(end, end);
        let mut driver = Self {
            world,
            runtime,
            log,
            log_fails: false,
            log_commits: true,
            now_ms: 1_000,
            clients: BTreeMap::new(),
            names: BTreeMap::new(),
            asked: BTreeMap::new(),
            heard: BTreeMap::new(),
            randoms: 0,
        };
        driver.run();
        driver
    }

    /// The node is lost; another one reads the log. Clients know what they knew.
    pub fn reload(&mut self) {
        let world = std::mem::take(&mut self.world);
        let reloaded = Self::with_log(world, std::mem::take(&mut self.log));
        let before = std::mem::replace(self, reloaded);
        self.clients = before.clients;
        self.names = before.names;
        self.randoms = before.randoms;
    }

    pub fn client(&mut self, name: &str) -> &mut TestClient {
        self.clients.entry(name.to_owned()).or_insert_with(|| TestClient::new(name))
    }

    pub fn group_id() -> GroupId {
        Arc::from("g")
    }

    /// The group's state; `-` if there is no group.
    pub fn state(&self) -> &'static str {
        self.runtime.shard().state().classic("g").map_or("-", |group| group.state_name())
    }

    pub fn join(&mut self, name: &str) {
        let client = self.client(name).clone();
        let protocols =
            client.protocols.iter().map(|(name, metadata)| ((*name).into(), metadata.as_bytes().into()));
        let request = JoinGroup {
            group: Self::group_id(),
            member: client.member,
            instance: client.instance,
            client: Client { id: Arc::from("c"), host: Arc::from("/127.0.0.1") },
            session_timeout_ms: client.session_timeout_ms,
            rebalance_timeout_ms: client.rebalance_timeout_ms,
            protocol_type: Arc::from(client.protocol_type),
            protocols: protocols.collect(),
            reason: None,
            requires_known_member_id: client.join_version >= 4,
            supports_skipping_assignment: client.join_version >= 9,
            bears_waiting: true,
        };
        self.ask(name, GroupRequest::Join(request));
    }

    /// Joins twice, as new dynamic members do.
    pub fn enter(&mut self, name: &str) {
        self.join(name);
        let id_required = format!("join MEMBER_ID_REQUIRED as {name}");
        self.expect(name, &[&id_required]);
        self.join(name);
    }

    /// `assignments`: client names and texts; only leaders have some.
    pub fn sync(&mut self, name: &str, assignments: &[(&str, &str)]) {
        let client = self.client(name).clone();
        let assignments = assignments
            .iter()
            .map(|(to, text)| (Arc::clone(&self.client(to).member), text.as_bytes().into()))
            .collect();
        let request = SyncGroup {
            group: Self::group_id(),
            member: client.member,
            instance: client.instance,
            generation: client.generation,
            protocol_type: Some(Arc::from(client.protocol_type)),
            protocol: None,
            assignments,
        };
        self.ask(name, GroupRequest::Sync(request));
    }

    pub fn heartbeat(&mut self, name: &str) -> Token {
        let client = self.client(name).clone();
        let park_until = client.park_ms.map(|park_ms| self.monotonic_in(park_ms));
        let request = Heartbeat {
            group: Self::group_id(),
            member: client.member,
            instance: client.instance,
            generation: client.generation,
            park_until,
        };
        self.ask(name, GroupRequest::Heartbeat(request))
    }

    pub fn leave(&mut self, name: &str) {
        let client = self.client(name).clone();
        let leaving = Leaving { member: client.member, instance: client.instance, reason: None };
        self.leave_all(name, vec![leaving]);
    }

    pub fn leave_all(&mut self, name: &str, members: Vec<Leaving>) {
        let request = LeaveGroup { group: Self::group_id(), members, is_single: false };
        self.ask(name, GroupRequest::Leave(request));
    }

    /// A client asks. Its answers are among those it has heard.
    pub fn ask(&mut self, name: &str, request: GroupRequest) -> Token {
        let token = Token(self.randoms as u64 + 1);
        let moment = self.moment();
        self.asked.insert(token, name.to_owned());
        self.runtime.on_request(moment, token, request);
        self.run();
        token
    }

    /// Time passes; whatever is due happens when it is due.
    pub fn pass_ms(&mut self, ms: u64) {
        let target_ms = self.now_ms + ms;
        while let Some(MonotonicNs(due)) = self.runtime.next_deadline() {
            let due_ms = due.div_ceil(1_000_000);
            if due_ms > target_ms {
                break;
            }
            self.now_ms = self.now_ms.max(due_ms);
            self.run();
        }
        self.now_ms = target_ms;
        self.run();
    }

    /// What a client has heard since it was asked for the last time.
    #[track_caller]
    pub fn expect(&mut self, name: &str, expected: &[&str]) {
        let heard = self.heard.remove(name).unwrap_or_default();
        assert_eq!(heard, expected, "what {name} heard, at {} ms, group {}", self.now_ms, self.state());
    }

    pub fn heard(&mut self, name: &str) -> Vec<String> {
        self.heard.remove(name).unwrap_or_default()
    }

    /// Members join, and the first leads: each is assigned its own name. Nobody has unheard answers then.
    pub fn stable(&mut self, names: &[&str]) {
        for name in names {
            match self.client(name).instance {
                Some(_) => self.join(name),
                None => self.enter(name),
            }
        }
        self.pass_ms(60_000.min(3_000 * (names.len() as u64 + 1)));
        let leader = names
            .iter()
            .find(|name| self.heard.get(**name).is_some_and(|heard| heard.iter().any(|h| h.contains('['))))
            .copied()
            .unwrap_or_else(|| panic!("nobody leads: {:?}", self.heard));
        let assignments: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
        for name in names.iter().filter(|name| **name != leader) {
            self.sync(name, &[]);
        }
        self.sync(leader, &assignments);
        for name in names {
            let heard = self.heard(name);
            assert_eq!(heard.last(), Some(&format!("synced {name}")), "{name} heard {heard:?}");
        }
        assert_eq!(self.state(), "Stable");
    }

    pub fn monotonic_in(&self, ms: u64) -> MonotonicNs {
        MonotonicNs((self.now_ms + ms) * 1_000_000)
    }

    /// Lets the runtime do whatever there is to do now.
    pub fn run(&mut self) {
        let moment = self.moment();
        while let Some(records) = self.runtime.poll_append(&moment, &self.world) {
            if self.log_fails {
                self.runtime.on_appended(Err(ErrorCode::NotLeaderOrFollower));
                continue;
            }
            self.log.extend(records.iter().cloned());
            self.runtime.on_appended(Ok(Offset(self.log.len() as i64)));
        }
        if self.log_commits {
            self.runtime.on_committed(Offset(self.log.len() as i64));
        }
        self.collect();
    }

    fn moment(&mut self) -> Moment {
        self.randoms += 1;
        Moment {
            monotonic: self.monotonic_in(0),
            wall: TimestampMs(1_700_000_000_000 + self.now_ms as i64),
            random: Uuid::from_u128(self.randoms),
        }
    }

    fn collect(&mut self) {
        let answers = self.runtime.poll_answers();
        for answered in &answers {
            let name = &self.asked[&answered.token];
            match &answered.answer {
                Ok(GroupAnswer::Joined(joined)) if gives_id(joined) => {
                    self.names.entry(Arc::clone(&joined.member)).or_insert_with(|| name.clone());
                }
                _ => {}
            }
        }
        for answered in answers {
            let name = self.asked.remove(&answered.token).expect("each caller is answered once");
            let text = match answered.answer {
                Ok(answer) => self.note(&name, answer),
                Err(refusal) => format!("refused {}", refusal.code().name()),
            };
            self.heard.entry(name).or_default().push(text);
        }
    }

    /// The client takes over its new id and generation.
    fn note(&mut self, name: &str, answer: GroupAnswer) -> String {
        match answer {
            GroupAnswer::Joined(joined) => {
                let is_new =
                    !matches!(&joined.error, Some(error) if error.code != ErrorCode::MemberIdRequired);
                if is_new && !joined.member.is_empty() {
                    self.client(name).member = Arc::clone(&joined.member);
                }
                if joined.error.is_none() {
                    self.client(name).generation = joined.generation;
                }
                self.show_joined(&joined)
            }
            GroupAnswer::Synced(synced) => show_synced(&synced),
            GroupAnswer::Heartbeat(Ok(())) => "heartbeat".to_owned(),
            GroupAnswer::Heartbeat(Err(error)) => format!("heartbeat {}", error.code.name()),
            GroupAnswer::Left(left) => self.show_left(&left),
            other => format!("{other:?}"),
        }
    }

    fn name(&self, member: &str) -> String {
        self.names.get(member).cloned().unwrap_or_else(|| member.to_owned())
    }

    fn show_joined(&self, joined: &Joined) -> String {
        if let Some(error) = &joined.error {
            let member = match joined.member.is_empty() {
                true => String::new(),
                false => format!(" as {}", self.name(&joined.member)),
            };
            return format!("join {}{member}", error.code.name());
        }
        let mut text = format!(
            "joined {} {} under {}",
            joined.generation,
            joined.protocol.as_deref().unwrap_or("-"),
            self.name(&joined.leader)
        );
        if !joined.members.is_empty() {
            let mut members: Vec<String> = joined
                .members
                .iter()
                .map(|member| {
                    format!("{}:{}", self.name(&member.member), String::from_utf8_lossy(&member.metadata))
                })
                .collect();
            members.sort();
            text.push_str(&format!(" [{}]", members.join(" ")));
        }
        if joined.skip_assignment {
            text.push_str(" skip");
        }
        text
    }

    fn show_left(&self, left: &Left) -> String {
        if let Some(error) = &left.error {
            return format!("left {}", error.code.name());
        }
        let show = |(leaving, error): &(Leaving, Option<ErrorCode>)| {
            let who = match leaving.member.is_empty() {
                true => leaving.instance.as_deref().unwrap_or("-").to_owned(),
                false => self.name(&leaving.member),
            };
            match error {
                Some(code) => format!("{who}={}", code.name()),
                None => who,
            }
        };
        format!("left {}", left.members.iter().map(show).collect::<Vec<_>>().join(" "))
    }
}

/// Whether the member is to go on with the id in this answer.
fn gives_id(joined: &Joined) -> bool {
    joined.error.as_ref().is_none_or(|error| error.code == ErrorCode::MemberIdRequired)
}

fn show_synced(synced: &Synced) -> String {
    match &synced.error {
        Some(error) => format!("sync {}", error.code.name()),
        None => format!("synced {}", String::from_utf8_lossy(&synced.assignment)),
    }
}
