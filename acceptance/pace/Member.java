import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * A member of a group on Kafka's own client; what it does is timed. Started by group_pace.py:
 * java -cp LIBS Member.java classic|consumer BOOTSTRAP GROUP FIRST SECOND RECORDS.
 * Prints FIGURE MILLISECONDS lines; the line `steady` asks for the steady stream.
 */
public final class Member {
    static final int COMMITS = 100;
    static final long SETTLE_MS = 3500;
    static KafkaConsumer<byte[], byte[]> consumer;

    static void say(String figure, double ms) {
        System.out.printf("%s %.2f%n", figure, ms);
    }

    static double since(long began) {
        return (System.nanoTime() - began) / 1e6;
    }

    static double timed(Runnable call) {
        long began = System.nanoTime();
        call.run();
        return since(began);
    }

    static ConsumerRecords<byte[], byte[]> poll() {
        return consumer.poll(Duration.ofMillis(50));
    }

    static void untilRecordOf(String topic) {
        while (!poll().records(topic).iterator().hasNext()) {
            Thread.onSpinWait();
        }
    }

    static void settle() {
        long began = System.nanoTime();
        while (since(began) < SETTLE_MS) {
            poll();
        }
    }

    static void steady() {
        List<Double> latencies = new ArrayList<>();
        int ends = 0;
        System.out.println("steady");
        while (ends < 4) {
            for (ConsumerRecord<byte[], byte[]> record : poll()) {
                String value = new String(record.value());
                if (value.startsWith("s")) {
                    java.time.Instant now = java.time.Instant.now();
                    long nowNs = now.getEpochSecond() * 1_000_000_000L + now.getNano();
                    latencies.add((nowNs - Long.parseLong(value.substring(1))) / 1e6);
                } else if (value.equals("end")) {
                    ends++;
                }
            }
        }
        Collections.sort(latencies);
        say("steady_p50", latencies.get(latencies.size() / 2));
        say("steady_p99", latencies.get(latencies.size() * 99 / 100));
        say("steady_max", latencies.get(latencies.size() - 1));
    }

    public static void main(String[] arguments) {
        String first = arguments[3];
        String second = arguments[4];
        Properties properties = new Properties();
        properties.put("group.protocol", arguments[0]);
        properties.put("bootstrap.servers", arguments[1]);
        properties.put("group.id", arguments[2]);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        properties.put("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        properties.put("value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        consumer = new KafkaConsumer<>(properties);
        consumer.partitionsFor(first);
        int left = Integer.parseInt(arguments[5]);
        long began = System.nanoTime();
        long arrived = 0;
        consumer.subscribe(List.of(first));
        while (left > 0) {
            int count = poll().count();
            if (arrived == 0 && count > 0) {
                arrived = System.nanoTime();
            }
            left -= count;
        }
        say("first_record", (arrived - began) / 1e6);
        say("read_all", since(arrived));
        List<Double> commits = new ArrayList<>();
        for (int i = 0; i < COMMITS; i++) {
            commits.add(timed(consumer::commitSync));
        }
        Collections.sort(commits);
        say("commit_p50", commits.get(COMMITS / 2));
        steady();
        began = System.nanoTime();
        consumer.subscribe(List.of(first, second));
        untilRecordOf(second);
        say("changed_subscription", since(began));
        settle();
        say("unsubscribe", timed(consumer::unsubscribe));
        // Nothing was committed for it: its records come again, and show that it belongs to the group.
        began = System.nanoTime();
        consumer.subscribe(List.of(second));
        untilRecordOf(second);
        say("subscribed_again", since(began));
        settle();
        say("close", timed(consumer::close));
        System.exit(0);
    }
}
