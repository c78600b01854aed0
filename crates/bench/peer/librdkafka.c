/* The least program that produces or consumes with librdkafka, for comparison: no delivery reports, no copies beyond those of
 * the library, batches from one queue. It prints nothing; the caller takes its processor time and wall time.
 *
 *   librdkafka produce|consume TOPIC PARTITIONS COUNT SIZE NAME=VALUE ...
 *   librdkafka latency TOPIC PARTITIONS COUNT SIZE NAME=VALUE ...      prints the median in microseconds
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char reason[512];

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, reason);
    exit(1);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1e6 + at.tv_nsec / 1e3;
}

static double reported_at;

static void report(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque) {
    (void)handle, (void)opaque;
    if (message->err) fail(rd_kafka_err2str(message->err));
    reported_at = now();
}

static void produce(rd_kafka_t *handle, rd_kafka_topic_t *topic, long count, size_t size) {
    char *value = malloc(size);
    memset(value, 'x', size);
    for (long sent = 0; sent < count; sent++) {
        if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK, value, size, NULL, 0, NULL))
            fail("produce");
        if (sent % 1000 == 0) rd_kafka_poll(handle, 0);
    }
    if (rd_kafka_flush(handle, 120000)) fail("flush");
    free(value);
}

static int by_size(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void latency(rd_kafka_t *handle, rd_kafka_topic_t *topic, long count, size_t size) {
    char *value = calloc(1, size);
    double *taken = malloc(sizeof(double) * count);
    for (long sent = 0; sent < count; sent++) {
        double begin = now();
        reported_at = 0;
        if (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, value, size, NULL, 0, NULL)) fail("produce");
        while (reported_at == 0) rd_kafka_poll(handle, 100);
        taken[sent] = reported_at - begin;
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    qsort(taken, count, sizeof(double), by_size);
    printf("%.1f\n", taken[count / 2]);
}

static void consume(rd_kafka_t *handle, const char *name, int partitions, long count) {
    enum { AT_ONCE = 1000 };
    rd_kafka_message_t *messages[AT_ONCE];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int partition = 0; partition < partitions; partition++)
        rd_kafka_topic_partition_list_add(list, name, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (rd_kafka_assign(handle, list)) fail("assign");
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(handle);
    long bytes = 0;
    for (long seen = 0; seen < count;) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 1000, messages, AT_ONCE);
        for (ssize_t index = 0; index < got; index++) {
            if (!messages[index]->err) seen++, bytes += messages[index]->len;
            rd_kafka_message_destroy(messages[index]);
        }
    }
    if (bytes == 0) fail("consume");
    rd_kafka_queue_destroy(queue);
}

int main(int argc, char **argv) {
    if (argc < 6) return 2;
    const char *what = argv[1], *name = argv[2];
    int partitions = atoi(argv[3]);
    long count = atol(argv[4]);
    size_t size = atol(argv[5]);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (int index = 6; index < argc; index++) {
        char *equals = strchr(argv[index], '=');
        if (!equals) return 2;
        *equals = 0;
        if (rd_kafka_conf_set(conf, argv[index], equals + 1, reason, sizeof reason)) fail("setting");
    }
    int is_consumer = strcmp(what, "consume") == 0;
    if (is_consumer) {
        /* It asks for a group even where partitions are assigned by hand; it never joins one here. */
        rd_kafka_conf_set(conf, "group.id", "bench", NULL, 0);
        rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
    }
    if (strcmp(what, "latency") == 0) rd_kafka_conf_set_dr_msg_cb(conf, report);
    rd_kafka_t *handle = rd_kafka_new(is_consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (!handle) fail("client");
    if (is_consumer) {
        consume(handle, name, partitions, count);
        return 0;
    }
    rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, name, NULL);
    if (strcmp(what, "latency") == 0)
        latency(handle, topic, count, size);
    else
        produce(handle, topic, count, size);
    return 0;
}
