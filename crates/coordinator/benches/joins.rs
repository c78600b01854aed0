//! What it costs that many members join one group, one after another: `cargo bench -p jackdaw-coordinator --bench joins`.
//! What one join costs must hardly grow with the group. Without a log: what is measured is deciding and folding.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jackdaw_base::MonotonicNs;
use jackdaw_coordinator::Token;
use jackdaw_coordinator::group::request::{
    Client, ConsumerHeartbeat, ConsumerHeartbeatAnswer, JoinGroup, SyncGroup,
};
use jackdaw_coordinator::group::{GroupAnswer, GroupRequest};

use common::{Host, Owned, heartbeat};

const SIZES: [usize; 3] = [250, 500, 1000];
const PARTITIONS: usize = 1000;

fn main() {
    for size in SIZES {
        classic(size);
    }
    for size in SIZES {
        consumer(size);
    }
}

fn show(what: &str, size: usize, time: Duration) {
    let each = time / u32::try_from(size).expect("few");
    println!("{what:<44} {size:>5} members: {time:>10.1?}, {each:>8.1?} each");
}

fn join_group(member: &Arc<str>) -> GroupRequest {
    GroupRequest::Join(JoinGroup {
        group: "classic".into(),
        member: Arc::clone(member),
        instance: None,
        client: Client { id: "client".into(), host: "/127.0.0.1".into() },
        session_timeout_ms: 30_000,
        rebalance_timeout_ms: 60_000,
        protocol_type: "consumer".into(),
        protocols: vec![(
            "range".into(),
            Arc::from(*b"\0\x01\0\0\0\x01\0\x06orders\xff\xff\xff\xff\0\0\0\0"),
        )],
        reason: None,
        requires_known_member_id: true,
        supports_skipping_assignment: true,
        bears_waiting: true,
    })
}

/// Each asks for an id and joins with it; then all are told of their generation, and sync.
fn classic(size: usize) {
    let mut host = Host::new(PARTITIONS);
    let nobody: Arc<str> = "".into();
    let start = Instant::now();
    for _ in 0..size {
        host.put(join_group(&nobody));
        let (_, answers) = host.run();
        let Some(Ok(GroupAnswer::Joined(refused))) = answers.into_iter().next().map(|one| one.answer) else {
            panic!("no id");
        };
        host.put(join_group(&refused.member));
        host.run();
    }
    show("classic: ids and joins", size, start.elapsed());
    let start = Instant::now();
    host.now_ms += 300_000;
    let mut joined = Vec::new();
    for answered in host.run().1 {
        match answered.answer {
            Ok(GroupAnswer::Joined(answer)) => joined.push(answer),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(joined.len(), size);
    show("classic: the end of the join phase", size, start.elapsed());
    let start = Instant::now();
    joined.sort_by_key(|one| !one.members.is_empty());
    let mut synced = 0;
    for one in joined {
        let assignments = one.members.iter().map(|member| (Arc::clone(&member.member), Arc::default()));
        host.put(GroupRequest::Sync(SyncGroup {
            group: "classic".into(),
            member: one.member,
            instance: None,
            generation: one.generation,
            protocol_type: None,
            protocol: None,
            assignments: assignments.collect(),
        }));
        synced += host.run().1.len();
    }
    assert_eq!(synced, size);
    show("classic: syncs", size, start.elapsed());
}

/// Clients of the consumer protocol that do at once what they are told, and keep a heartbeat under way.
struct Clients {
    host: Host,
    by_token: BTreeMap<Token, usize>,
    owned: Vec<Owned>,
    beats: usize,
}

impl Clients {
    fn send(&mut self, member: usize, request: ConsumerHeartbeat) {
        let park_until = Some(MonotonicNs((self.host.now_ms + 4750) * 1_000_000));
        let token =
            self.host.put(GroupRequest::ConsumerHeartbeat(ConsumerHeartbeat { park_until, ..request }));
        self.by_token.insert(token, member);
        self.beats += 1;
    }

    /// Until nobody has anything to do.
    fn run(&mut self) {
        loop {
            let (_, answers) = self.host.run();
            if answers.is_empty() {
                return;
            }
            for answered in answers {
                let member = self.by_token.remove(&answered.token).expect("a heartbeat under way");
                match answered.answer {
                    Ok(GroupAnswer::ConsumerHeartbeat(answer)) => self.take(member, answer),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    fn take(&mut self, member: usize, answer: ConsumerHeartbeatAnswer) {
        assert_eq!(answer.error, None);
        let owned = answer.assignment;
        if let Some(owned) = &owned {
            self.owned[member].clone_from(owned);
        }
        self.send(member, ConsumerHeartbeat { owned, ..heartbeat(0, member, answer.member_epoch) });
    }
}

fn consumer(size: usize) {
    let mut clients =
        Clients { host: Host::new(PARTITIONS), by_token: BTreeMap::new(), owned: Vec::new(), beats: 0 };
    let start = Instant::now();
    for member in 0..size {
        clients.owned.push(Owned::new());
        let join = ConsumerHeartbeat {
            rebalance_timeout_ms: 60_000,
            topics: Some(vec!["orders".into()]),
            owned: Some(Vec::new()),
            ..heartbeat(0, member, 0)
        };
        clients.send(member, join);
        clients.run();
    }
    let partitions: usize = clients.owned.iter().flatten().map(|(_, partitions)| partitions.len()).sum();
    assert_eq!(partitions, PARTITIONS, "everybody has what is theirs");
    show("consumer: joins, each until all are settled", size, start.elapsed());
    println!("{:>44} {:>5} heartbeats, {} records", "", clients.beats, clients.host.log.len());
}
