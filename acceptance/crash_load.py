"""The load of crash.py, a process of its own: producers of every kind, and a reader that remembers what it saw at each offset.

usage: crash_load.py BROKER REPORT     ends when its standard input ends; REPORT then holds acknowledgements and sightings.
"""

import json
import random
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition

# One topic of one partition for each: (name, idempotent, acks, codec).
KINDS = [(f"crash-once-{codec}", True, "all", codec) for codec in ("none", "gzip", "snappy", "lz4", "zstd")]
KINDS += [("crash-acks1-none", False, "1", "none"), ("crash-acks1-zstd", False, "1", "zstd"),
          ("crash-all-lz4", False, "all", "lz4"), ("crash-all-none", False, "all", "none")]
RATE_PER_S = 200
QUICK_RECONNECT = {"reconnect.backoff.ms": 5, "reconnect.backoff.max.ms": 50, "topic.metadata.refresh.interval.ms": 1000,
                   "log_level": 2}


def produce(broker, kind, acknowledged, ended):
    """Produces numbered values until it is told to end; keeps the offset of each acknowledged one."""
    topic, idempotent, acks, codec = kind
    producer = Producer({"bootstrap.servers": broker, "acks": acks, "enable.idempotence": idempotent, "linger.ms": 3,
                         "compression.type": codec, "message.timeout.ms": 120_000, "retry.backoff.ms": 5, **QUICK_RECONNECT})

    def on_delivery(number):
        return lambda error, message: None if error else acknowledged.append((number, message.offset()))

    chance = random.Random(topic)
    number = 0
    while not ended.is_set():
        for _ in range(RATE_PER_S // 50):
            value = b"%d:" % number + chance.randbytes(chance.choice((8, 60, 300, 1500)) // 2).hex().encode()
            try:
                producer.produce(topic, value=value, partition=0, on_delivery=on_delivery(number))
            except BufferError:
                break
            number += 1
        producer.poll(0.02)
    left = producer.flush(60)
    return {"sent": number, "undelivered": left}


def watch(broker, seen, changed, ended):
    """Reads everything as it comes, over all restarts; notes when an offset has another content than before."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "none", "enable.auto.commit": False,
                         "fetch.wait.max.ms": 50, "auto.offset.reset": "earliest", **QUICK_RECONNECT})
    consumer.assign([TopicPartition(kind[0], 0, 0) for kind in KINDS])
    while not ended.is_set():
        for message in consumer.consume(2000, 0.1):
            if message.error():
                continue
            number = int(message.value().split(b":", 1)[0])
            before = seen[message.topic()].setdefault(message.offset(), number)
            if before != number:
                changed.append([message.topic(), message.offset(), before, number])
    consumer.close()


def main():
    broker, report = sys.argv[1:]
    ended, unwatched = threading.Event(), threading.Event()
    acknowledged = {kind[0]: [] for kind in KINDS}
    seen = {kind[0]: {} for kind in KINDS}
    changed, sums = [], {}
    watcher = threading.Thread(target=watch, args=(broker, seen, changed, unwatched))
    producers = [threading.Thread(target=lambda kind=kind: sums.update({kind[0]: produce(broker, kind, acknowledged[kind[0]], ended)}))
                 for kind in KINDS]
    for thread in [watcher, *producers]:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in producers:
        thread.join()
    time.sleep(1)
    unwatched.set()
    watcher.join()
    with open(report, "w") as file:
        json.dump({"sums": sums, "acknowledged": acknowledged, "changed": changed,
                   "seen": {topic: sorted(found.items()) for topic, found in seen.items()}}, file)


if __name__ == "__main__":
    main()
