// Reads orders as a member of the group `orders-group`, until it is stopped.
const { Kafka } = require('kafkajs');

const kafka = new Kafka({ clientId: 'orders-app', brokers: ['localhost:9092'] });
const consumer = kafka.consumer({ groupId: 'orders-group' });

async function run() {
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      console.log(`${topic}[${partition}] ${message.key}: ${message.value}`);
    },
  });
}

// Ctrl-C leaves the group: what was read is committed, and the next member starts behind it.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => consumer.disconnect().then(() => process.exit(0)));
}

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
