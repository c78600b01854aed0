// Drives kafkajs: producer and admin, one function per case. Prints `ok CASE` or `not ok CASE: reason`.
// usage: node kafkajs.js BROKER NODE_MODULES
"use strict";

const assert = require("node:assert");
const path = require("node:path");

const [broker, modules] = process.argv.slice(2);
const { Kafka, logLevel, CompressionTypes, ConfigResourceTypes } = require(path.join(modules, "kafkajs"));
const kafka = new Kafka({ clientId: "house", brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 3 } });
const admin = kafka.admin();

async function producing(options, work) {
  const producer = kafka.producer(options);
  await producer.connect();
  try {
    return await work(producer);
  } finally {
    await producer.disconnect();
  }
}

const offsets = async (topic) => (await admin.fetchTopicOffsets(topic)).sort((a, b) => a.partition - b.partition);

const cases = {
  "admin describes the cluster": async () => {
    const cluster = await admin.describeCluster();
    assert.equal(cluster.brokers.length, 1);
    assert.equal(cluster.controller, 0);
    assert.ok(cluster.clusterId);
  },
  "admin creates a topic": async () => {
    const topics = [{ topic: "made", numPartitions: 3, replicationFactor: 1, configEntries: [{ name: "retention.ms", value: "60000" }] }];
    assert.equal(await admin.createTopics({ topics, waitForLeaders: true }), true);
    assert.ok((await admin.listTopics()).includes("made"));
  },
  "admin says that a topic is there already": async () => {
    assert.equal(await admin.createTopics({ topics: [{ topic: "made", numPartitions: 3 }] }), false);
  },
  "admin reads the metadata of a topic": async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: ["made"] });
    assert.deepEqual(topics[0].partitions.map((p) => p.partitionId).sort(), [0, 1, 2]);
    assert.ok(topics[0].partitions.every((p) => p.leader === 0 && p.isr.length === 1));
  },
  "admin adds partitions": async () => {
    await admin.createPartitions({ topicPartitions: [{ topic: "made", count: 5 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: ["made"] });
    assert.equal(topics[0].partitions.length, 5);
  },
  "admin reads configurations": async () => {
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: "made" }] });
    const entry = resources[0].configEntries.find((e) => e.configName === "retention.ms");
    assert.equal(entry.configValue, "60000");
  },
  "admin changes configurations": async () => {
    await admin.alterConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: "made", configEntries: [{ name: "retention.ms", value: "70000" }] }] });
    const { resources } = await admin.describeConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: "made", configNames: ["retention.ms"] }] });
    assert.equal(resources[0].configEntries[0].configValue, "70000");
  },
  "producer sends and learns offsets": async () => {
    const answer = await producing({}, (p) => p.send({ topic: "made", messages: [{ partition: 1, value: "a" }, { partition: 1, value: "b" }] }));
    assert.deepEqual(answer.map((a) => [a.topicName, a.partition, a.errorCode, a.baseOffset]), [["made", 1, 0, "0"]]);
    assert.deepEqual((await offsets("made"))[1].high, "2");
  },
  "producer sends keys and headers to several topics": async () => {
    const topicMessages = ["made", "second"].map((topic) => ({ topic, messages: [{ key: "k", value: "v", headers: { h: "1", many: ["2", "3"] } }] }));
    const answer = await producing({ allowAutoTopicCreation: true }, (p) => p.sendBatch({ topicMessages }));
    assert.equal(answer.length, 2);
    assert.ok(answer.every((a) => a.errorCode === 0));
  },
  "producer compresses with gzip": async () => {
    const messages = Array.from({ length: 100 }, (_, i) => ({ partition: 2, value: `message ${i}` }));
    const before = Number((await offsets("made"))[2].high);
    await producing({}, (p) => p.send({ topic: "made", compression: CompressionTypes.GZIP, messages }));
    assert.equal(Number((await offsets("made"))[2].high), before + 100);
  },
  "producer without acknowledgement": async () => {
    await producing({}, (p) => p.send({ topic: "made", acks: 0, messages: [{ partition: 3, value: "a" }] }));
  },
  "producer with acknowledgement of the leader": async () => {
    const answer = await producing({}, (p) => p.send({ topic: "made", acks: 1, messages: [{ partition: 4, value: "a" }] }));
    assert.equal(answer[0].errorCode, 0);
  },
  "idempotent producer": async () => {
    await producing({ idempotent: true, maxInFlightRequests: 1 }, async (p) => {
      for (let i = 0; i < 10; i++) await p.send({ topic: "made", acks: -1, messages: [{ partition: 0, value: `${i}` }] });
    });
    assert.ok(Number((await offsets("made"))[0].high) >= 10);
  },
  "admin finds offsets by time": async () => {
    const found = await admin.fetchTopicOffsetsByTimestamp("made", 0);
    assert.ok(found.some((p) => p.offset === "0"));
  },
  "admin deletes records": async () => {
    await admin.deleteTopicRecords({ topic: "made", partitions: [{ partition: 2, offset: "40" }] });
    assert.equal((await offsets("made"))[2].low, "40");
  },
  "a message that is too large is refused": async () => {
    const messages = [{ partition: 0, value: "x".repeat(2_000_000) }];
    const refused = producing({}, (p) => p.send({ topic: "made", messages }));
    await assert.rejects(refused, (error) => error.type === "MESSAGE_TOO_LARGE" || error.cause?.type === "MESSAGE_TOO_LARGE");
  },
  "admin deletes a topic": async () => {
    await admin.deleteTopics({ topics: ["second"] });
    assert.ok(!(await admin.listTopics()).includes("second"));
  },
  "consumer in a group reads what was produced": async () => {
    const consumer = kafka.consumer({ groupId: "readers", sessionTimeout: 10000, heartbeatInterval: 1000 });
    await consumer.connect();
    await consumer.subscribe({ topic: "made", fromBeginning: true });
    const values = new Set();
    try {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`only ${values.size} values in 20 s`)), 20_000);
        consumer.run({ eachMessage: async ({ message }) => {
          values.add(message.value.toString());
          if (values.has("message 99")) { clearTimeout(timer); resolve(); }
        } }).catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
  },
  "two consumers share, one leaves, the other has all": async () => {
    await admin.createTopics({ topics: [{ topic: "shared", numPartitions: 4 }] });
    const members = [1, 2].map(() => kafka.consumer({ groupId: "sharers", sessionTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 200 }));
    const owned = [[], []];
    const read = [[], []];
    const start = async (at) => {
      const consumer = members[at];
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => { owned[at] = payload.memberAssignment.shared ?? []; });
      await consumer.connect();
      await consumer.subscribe({ topic: "shared", fromBeginning: true });
      await consumer.run({ eachMessage: async ({ message }) => { read[at].push(message.value.toString()); } });
    };
    const produce = (word) => producing({}, (p) => p.send({
      topic: "shared", messages: [0, 1, 2, 3].map((partition) => ({ partition, value: `${word} ${partition}` })),
    }));
    const all = (word) => [0, 1, 2, 3].map((partition) => `${word} ${partition}`);
    await start(0);
    await until(() => owned[0].length === 4);
    await start(1);
    await until(() => owned[0].length === 2 && owned[1].length === 2);
    await produce("first");
    await until(() => read[0].length === 2 && read[1].length === 2);
    await members[0].disconnect();
    await until(() => owned[1].length === 4);
    await produce("second");
    await until(() => read[1].length === 6);
    assert.deepEqual([...read[0], ...read[1]].sort(), [...all("first"), ...all("second")].sort());
    await members[1].disconnect();
  },
  "admin lists and describes groups": async () => {
    const { groups } = await admin.listGroups();
    assert.ok(groups.some((g) => g.groupId === "readers"));
    const { groups: [readers, sharers] } = await admin.describeGroups(["readers", "sharers"]);
    assert.deepEqual([readers.groupId, readers.state, readers.protocolType], ["readers", "Empty", "consumer"]);
    assert.deepEqual([sharers.groupId, sharers.state, sharers.members.length], ["sharers", "Empty", 0]);
    const [{ partitions }] = await admin.fetchOffsets({ groupId: "sharers", topics: ["shared"] });
    assert.deepEqual(partitions.map((p) => p.offset), ["2", "2", "2", "2"]);
    await admin.deleteGroups(["sharers"]);
    assert.ok(!(await admin.listGroups()).groups.some((g) => g.groupId === "sharers"));
  },
};

async function until(condition) {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "not within 20 s");
    await new Promise((done) => setTimeout(done, 20));
  }
}

const bounded = (work, seconds) => {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no answer in ${seconds} s`)), seconds * 1000); });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

(async () => {
  await bounded(admin.connect(), 20);
  for (const [name, work] of Object.entries(cases)) {
    try {
      await bounded(work(), 30);
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`not ok ${name}: ${`${error.name}: ${error.message}`.replaceAll("\n", " ").slice(0, 200)}`);
    }
  }
  await admin.disconnect();
  process.exit(0);
})().catch((error) => { console.log(`not ok connecting: ${error.message}`); process.exit(1); });
