// A member of a group on kafkajs; what it does is timed. Started by group_pace.py: member.js BOOTSTRAP GROUP FIRST SECOND RECORDS.
// Prints FIGURE MILLISECONDS lines; the line `steady` asks for the steady stream. kafkajs has no unsubscribe: `stop` stands for it.
'use strict'
const { Kafka, logLevel } = require('kafkajs')

const [address, groupId, first, second, records] = process.argv.slice(2)
const COMMITS = 100
const SETTLE_MS = 3500
const say = (figure, ms) => console.log(`${figure} ${ms.toFixed(2)}`)
const now = () => performance.now()
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function timed(call) {
  const before = now()
  await call()
  return now() - before
}

async function main() {
  const kafka = new Kafka({ brokers: [address], clientId: 'pace', logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  let seen = () => {}
  const run = () =>
    consumer.run({ autoCommit: false, eachMessage: async ({ topic, partition, message }) => seen(topic, partition, message) })
  const until = (wanted) => new Promise((resolve) => (seen = (...of) => wanted(...of) && resolve()))

  let left = Number(records)
  let arrived
  const offsets = {}
  const began = now()
  await consumer.subscribe({ topics: [first], fromBeginning: true })
  const all = until((topic, partition, message) => {
    arrived ??= now()
    offsets[partition] = Number(message.offset) + 1
    return --left === 0
  })
  await run()
  await all
  say('first_record', arrived - began)
  say('read_all', now() - arrived)

  const rows = Object.entries(offsets).map(([partition, offset]) => ({ topic: first, partition: Number(partition), offset: String(offset) }))
  const commits = []
  for (let count = 0; count < COMMITS; count++) commits.push(await timed(() => consumer.commitOffsets(rows)))
  say('commit_p50', commits.sort((a, b) => a - b)[COMMITS / 2])

  const latencies = []
  let ends = 0
  const streamed = until((topic, partition, message) => {
    const value = message.value.toString()
    if (value.startsWith('s')) latencies.push(Date.now() - Number(value.slice(1)) / 1e6)
    return value === 'end' && ++ends === 4
  })
  console.log('steady')
  await streamed
  latencies.sort((a, b) => a - b)
  say('steady_p50', latencies[latencies.length >> 1])
  say('steady_p99', latencies[Math.floor((latencies.length * 99) / 100)])
  say('steady_max', latencies[latencies.length - 1])

  let before = now()
  const ofSecond = until((topic) => topic === second)
  await consumer.stop()
  await consumer.subscribe({ topics: [second], fromBeginning: true })
  await run()
  await ofSecond
  say('changed_subscription', now() - before)
  await sleep(SETTLE_MS)
  say('unsubscribe', await timed(() => consumer.stop()))
  before = now()
  const again = until((topic) => topic === second)
  await run()
  await again
  say('subscribed_again', now() - before)
  await sleep(SETTLE_MS)
  say('close', await timed(() => consumer.disconnect()))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
