//! Random schedules: clients join, leave, vanish, change what they read, lose answers, take their time to give back;
//! topics change; the coordinator starts anew. At no time are two clients owners of one partition by what they
//! themselves believe (C4); in the end each partition has an owner, and all have about equally many.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::{MonotonicNs, Uuid};
use proptest::prelude::*;

use super::driver::*;
use crate::group::request::{ConsumerHeartbeat, ConsumerHeartbeatAnswer};
use crate::shard::Token;

type Owned = BTreeMap<Uuid, Vec<i32>>;

/// A client that applies what it is told only when it gets around to it.
#[derive(Default, Debug)]
struct Slow {
    epoch: i32,
    topics: Vec<&'static str>,
    owned: Owned,
    told: Option<Owned>,
    parked: Option<Token>,
    /// It has lost an answer: its next heartbeat says and asks everything.
    is_full: bool,
}

struct Model {
    driver: Driver,
    clients: BTreeMap<String, Slow>,
}

const TOPICS: [&str; 3] = ["x", "y", "z"];

#[derive(Clone, Copy, Debug)]
enum Action {
    Join,
    Beat,
    BeatUnheard,
    Park,
    Apply,
    Subscribe,
    Leave,
    Vanish,
    Extend,
    Restart,
    Wait,
}

impl Model {
    fn act(&mut self, action: Action, who: u8, number: u8) {
        let name = format!("m{}", who % 5);
        let topics: Vec<&'static str> = TOPICS
            .iter()
            .enumerate()
            .filter(|(bit, _)| number & (1 << bit) != 0)
            .map(|(_, topic)| *topic)
            .collect();
        let is_known = self.clients.contains_key(&name);
        match action {
            Action::Join if !is_known => {
                self.clients.insert(name.clone(), Slow { topics, ..Slow::default() });
                self.beat(&name, true);
            }
            Action::Beat | Action::BeatUnheard if is_known => {
                self.beat(&name, matches!(action, Action::Beat))
            }
            Action::Park if is_known => self.park(&name),
            Action::Apply if is_known => self.apply(&name),
            Action::Subscribe if is_known => {
                self.come_out(&name);
                let client = self.clients.get_mut(&name).unwrap();
                if client.epoch > 0 {
                    client.topics = topics;
                    let names = client.topics.iter().map(|topic| Arc::from(*topic)).collect();
                    let request = ConsumerHeartbeat { topics: Some(names), ..self.reporting(&name) };
                    let answer = self.driver.ask(request);
                    self.hear(&name, &answer);
                }
            }
            Action::Leave if is_known => {
                self.clients.remove(&name);
                self.driver.ask(quiet(&name, -1));
            }
            Action::Vanish if is_known => {
                self.clients.remove(&name);
                for _ in 0..3 {
                    self.everybody();
                    self.driver.host.advance(20_000);
                    self.collect();
                }
            }
            Action::Extend => {
                let topic = TOPICS[usize::from(who) % 3];
                self.driver.host.world.set_topic(topic, usize::from(number % 9));
                self.driver.host.announce_topics();
            }
            Action::Restart => {
                self.driver.host.reload();
                self.clients.values_mut().for_each(|client| client.parked = None);
            }
            Action::Wait => self.driver.host.advance(u64::from(number) * 10),
            _ => {}
        }
        self.collect();
        self.check();
    }

    fn reporting(&self, name: &str) -> ConsumerHeartbeat {
        let client = &self.clients[name];
        if client.epoch == 0 {
            return joining(name, &client.topics);
        }
        let owned = client.owned.iter().map(|(topic, partitions)| (*topic, partitions.clone())).collect();
        let reporting = ConsumerHeartbeat { owned: Some(owned), ..quiet(name, client.epoch) };
        if !client.is_full {
            return reporting;
        }
        let wishes = joining(name, &client.topics);
        ConsumerHeartbeat {
            topics: wishes.topics,
            rebalance_timeout_ms: wishes.rebalance_timeout_ms,
            ..reporting
        }
    }

    /// A client has one request under way at a time; the broker does not let it wait behind a parked one.
    fn come_out(&mut self, name: &str) {
        if let Some(token) = self.clients[name].parked {
            self.driver.host.interrupt(token);
            self.collect();
        }
    }

    fn beat(&mut self, name: &str, is_heard: bool) {
        self.come_out(name);
        let request = self.reporting(name);
        let answer = self.driver.ask(request);
        self.clients.get_mut(name).unwrap().is_full = !is_heard;
        if is_heard {
            self.hear(name, &answer);
        }
    }

    fn park(&mut self, name: &str) {
        self.come_out(name);
        if self.clients[name].epoch > 0 {
            let until = MonotonicNs((self.driver.host.now_ms + 5000) * 1_000_000);
            let request = ConsumerHeartbeat { park_until: Some(until), ..self.reporting(name) };
            let token = self.driver.send(request);
            self.collect();
            let client = self.clients.get_mut(name).unwrap();
            client.parked = Some(token);
            client.is_full = false;
        }
    }

    /// Parked heartbeats that were answered meanwhile.
    fn collect(&mut self) {
        let names: Vec<String> = self.clients.keys().cloned().collect();
        for name in names {
            if let Some(token) = self.clients[&name].parked
                && let Some(answer) = self.driver.arrived(token)
            {
                self.clients.get_mut(&name).unwrap().parked = None;
                self.hear(&name, &answer);
            }
        }
    }

    fn hear(&mut self, name: &str, answer: &ConsumerHeartbeatAnswer) {
        let client = self.clients.get_mut(name).unwrap();
        if answer.error.is_some() {
            let topics = std::mem::take(&mut client.topics);
            *client = Slow { topics, ..Slow::default() };
            return;
        }
        client.epoch = answer.member_epoch;
        if let Some(assignment) = &answer.assignment {
            let told: Owned = assignment.iter().cloned().collect();
            // It takes its time only where it has to give back something.
            let has = |told: &Owned, topic: &Uuid, partition: &i32| {
                told.get(topic).is_some_and(|partitions| partitions.contains(partition))
            };
            let mut owned =
                client.owned.iter().flat_map(|(topic, of)| of.iter().map(move |one| (topic, one)));
            match owned.all(|(topic, partition)| has(&told, topic, partition)) {
                true => {
                    client.owned = told;
                    client.told = None;
                }
                false => client.told = Some(told),
            }
        }
    }

    fn apply(&mut self, name: &str) {
        let client = self.clients.get_mut(name).unwrap();
        if let Some(told) = client.told.take() {
            client.owned = told;
        }
    }

    fn everybody(&mut self) {
        let names: Vec<String> = self.clients.keys().cloned().collect();
        for name in names {
            self.apply(&name);
            self.beat(&name, true);
            self.apply(&name);
            self.collect();
            self.check();
        }
    }

    fn check(&self) {
        let mut owners: BTreeMap<(Uuid, i32), &str> = BTreeMap::new();
        for (name, client) in &self.clients {
            for (topic, partitions) in &client.owned {
                for partition in partitions {
                    let other = owners.insert((*topic, *partition), name);
                    assert_eq!(other, None, "{name} and {other:?} own {partition}");
                }
            }
        }
    }

    /// In the end each partition that is read has an owner.
    fn finish(&mut self) {
        for _ in 0..8 {
            self.everybody();
        }
        let owned: BTreeSet<(Uuid, i32)> = self
            .clients
            .values()
            .flat_map(|client| &client.owned)
            .flat_map(|(topic, partitions)| partitions.iter().map(|partition| (*topic, *partition)))
            .collect();
        let read: BTreeSet<&str> = self.clients.values().flat_map(|client| client.topics.clone()).collect();
        let mut all = BTreeSet::new();
        for topic in read {
            let id = self.driver.host.world.topic_id(topic);
            let count = self.driver.host.world.partition_count(topic);
            all.extend((0..count).map(|partition| (id, i32::try_from(partition).unwrap())));
        }
        assert_eq!(owned, all);
    }
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => Just(Action::Join),
        8 => Just(Action::Beat),
        1 => Just(Action::BeatUnheard),
        4 => Just(Action::Park),
        6 => Just(Action::Apply),
        2 => Just(Action::Subscribe),
        1 => Just(Action::Leave),
        1 => Just(Action::Vanish),
        1 => Just(Action::Extend),
        1 => Just(Action::Restart),
        1 => Just(Action::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_partition_ever_has_two_owners(
        interval_ms in prop_oneof![Just(0), Just(0), Just(1000)],
        actions in proptest::collection::vec((action(), any::<u8>(), 1_u8..8), 1..80),
    ) {
        let mut driver = Driver::new(&[("x", 3), ("y", 4), ("z", 1)]);
        driver.host.world.change_settings(|settings| settings.assignment_interval_ms = interval_ms);
        let mut model = Model { driver, clients: BTreeMap::new() };
        for (action, who, number) in actions {
            model.act(action, who, number);
        }
        model.driver.host.advance(1000);
        model.collect();
        model.finish();
    }
}
