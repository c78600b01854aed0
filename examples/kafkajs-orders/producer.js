// Sends three orders. The topic is created by its first use.
const { Kafka } = require('kafkajs');

const kafka = new Kafka({ clientId: 'orders-app', brokers: ['localhost:9092'] });
const producer = kafka.producer();

async function run() {
  await producer.connect();
  await producer.send({
    topic: 'orders',
    messages: [
      { key: 'user-1', value: JSON.stringify({ orderId: 101, amount: 250 }) },
      { key: 'user-2', value: JSON.stringify({ orderId: 102, amount: 75 }) },
      { key: 'user-1', value: JSON.stringify({ orderId: 103, amount: 12 }) },
    ],
  });
  console.log('sent 3 orders');
  await producer.disconnect();
}

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
