import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;

/**
 * Members of one group on Kafka's own client: how long from the second one's subscription until both hold their half, and
 * how long calls take. Started by rebalance.py: java -cp LIBS Members.java BOOTSTRAP TOPIC GROUP eager|cooperative|consumer
 * PARTITIONS SETTLE_MS. Prints NAME MILLISECONDS lines.
 */
public final class Members {
    static final class Member implements ConsumerRebalanceListener {
        final KafkaConsumer<byte[], byte[]> consumer;
        final Set<TopicPartition> owned = ConcurrentHashMap.newKeySet();
        final BlockingQueue<Runnable> calls = new LinkedBlockingQueue<>();
        volatile long changedAt;
        volatile boolean ends;
        Thread thread;

        Member(Properties properties) {
            consumer = new KafkaConsumer<>(properties);
        }

        void start(String topic) {
            thread = new Thread(() -> {
                consumer.subscribe(List.of(topic), this);
                while (!ends) {
                    Runnable call = calls.poll();
                    if (call != null) {
                        call.run();
                    }
                    consumer.poll(Duration.ofMillis(10));
                }
            });
            thread.start();
        }

        /** Runs on the member's own thread; returns how long it took. */
        double timed(Runnable call) throws Exception {
            CompletableFuture<Double> done = new CompletableFuture<>();
            calls.add(() -> {
                long before = System.nanoTime();
                try {
                    call.run();
                    done.complete((System.nanoTime() - before) / 1e6);
                } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                }
            });
            return done.get(60, TimeUnit.SECONDS);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            owned.addAll(partitions);
            changedAt = System.nanoTime();
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            owned.removeAll(partitions);
            changedAt = System.nanoTime();
        }
    }

    static void await(String what, BooleanSupplier condition) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("never: " + what);
            }
            Thread.sleep(1);
        }
    }

    interface BooleanSupplier {
        boolean getAsBoolean();
    }

    public static void main(String[] arguments) throws Exception {
        String topic = arguments[1];
        String mode = arguments[3];
        int partitions = Integer.parseInt(arguments[4]);
        long settleMs = Long.parseLong(arguments[5]);
        Properties properties = new Properties();
        properties.put("bootstrap.servers", arguments[0]);
        properties.put("group.id", arguments[2]);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        properties.put("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        properties.put("value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        if (mode.equals("consumer")) {
            properties.put("group.protocol", "consumer");
        } else {
            String assignor = mode.equals("eager") ? "RangeAssignor" : "CooperativeStickyAssignor";
            properties.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor);
        }
        Member first = new Member(properties);
        first.consumer.partitionsFor(topic);
        long started = System.nanoTime();
        first.start(topic);
        await("the first member has all", () -> first.owned.size() == partitions);
        System.out.printf("first_ms %.1f%n", (first.changedAt - started) / 1e6);
        Thread.sleep(settleMs);
        Member second = new Member(properties);
        second.consumer.partitionsFor(topic);
        long joined = System.nanoTime();
        second.start(topic);
        await("both have their half", () -> first.owned.size() == partitions / 2 && second.owned.size() == partitions / 2);
        System.out.printf("half_ms %.1f%n", (Math.max(first.changedAt, second.changedAt) - joined) / 1e6);
        List<Double> commits = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            second.owned.forEach(partition -> offsets.put(partition, new OffsetAndMetadata(0)));
            commits.add(second.timed(() -> second.consumer.commitSync(offsets)));
        }
        Collections.sort(commits);
        System.out.printf("commit_p50_ms %.2f%n", commits.get(100));
        // Longer than every heartbeat interval: a heartbeat is under way.
        Thread.sleep(settleMs);
        System.out.printf("unsubscribe_ms %.1f%n", second.timed(() -> second.consumer.unsubscribe()));
        second.ends = true;
        Thread.sleep(settleMs);
        first.ends = true;
        first.thread.join();
        long closing = System.nanoTime();
        first.consumer.close();
        System.out.printf("close_ms %.1f%n", (System.nanoTime() - closing) / 1e6);
        System.exit(0);
    }
}
