package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/segmentio/kafka-go"
)

func kafkaGoCases() []testCase {
	cases := []testCase{
		{"kafka-go, admin", kafkaGoAdmin},
		{"kafka-go, a group goes on where it stood", kafkaGoResumes},
		{"kafka-go, two share, one leaves", kafkaGoShares},
	}
	for _, codec := range []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd} {
		cases = append(cases, testCase{"kafka-go, comes back, " + codec.String(), func(ctx context.Context, broker, topic string) error {
			return kafkaGoRoundTrip(ctx, broker, topic, codec)
		}})
	}
	return cases
}

func kafkaGoCreate(ctx context.Context, broker, topic string, partitions int) error {
	client := &kafka.Client{Addr: kafka.TCP(broker)}
	answer, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}}})
	if err != nil {
		return err
	}
	return answer.Errors[topic]
}

func kafkaGoAdmin(ctx context.Context, broker, topic string) error {
	if err := kafkaGoCreate(ctx, broker, topic, 2); err != nil {
		return err
	}
	if err := kafkaGoCreate(ctx, broker, topic, 2); !errors.Is(err, kafka.TopicAlreadyExists) {
		return fmt.Errorf("a second creation: %v", err)
	}
	client := &kafka.Client{Addr: kafka.TCP(broker)}
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return err
	}
	if err := same("partitions", len(metadata.Topics[0].Partitions), 2); err != nil {
		return err
	}
	deleted, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	if err != nil {
		return err
	}
	return deleted.Errors[topic]
}

func kafkaGoSend(ctx context.Context, broker, topic string, codec kafka.Compression, values ...string) error {
	writer := &kafka.Writer{Addr: kafka.TCP(broker), Topic: topic, Compression: codec, RequiredAcks: kafka.RequireAll, BatchSize: 1}
	defer writer.Close()
	for _, value := range values {
		message := kafka.Message{Key: []byte("key"), Value: []byte(value), Headers: []kafka.Header{{Key: "h", Value: []byte("v")}}}
		if err := writer.WriteMessages(ctx, message); err != nil {
			return err
		}
	}
	return nil
}

func kafkaGoRoundTrip(ctx context.Context, broker, topic string, codec kafka.Compression) error {
	if err := kafkaGoCreate(ctx, broker, topic, 1); err != nil {
		return err
	}
	if err := kafkaGoSend(ctx, broker, topic, codec, "one", "two", "three"); err != nil {
		return err
	}
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, Topic: topic, Partition: 0})
	defer reader.Close()
	if err := reader.SetOffset(1); err != nil {
		return err
	}
	for _, expected := range []string{"two", "three"} {
		message, err := reader.ReadMessage(ctx)
		if err != nil {
			return err
		}
		if err := same("a value", string(message.Value), expected); err != nil {
			return err
		}
		if err := same("headers", len(message.Headers), 1); err != nil {
			return err
		}
	}
	return nil
}

func kafkaGoMember(broker, topic string) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, GroupID: topic + "-group", Topic: topic, StartOffset: kafka.FirstOffset})
}

func kafkaGoResumes(ctx context.Context, broker, topic string) error {
	if err := kafkaGoCreate(ctx, broker, topic, 1); err != nil {
		return err
	}
	for _, value := range []string{"one", "two"} {
		if err := kafkaGoSend(ctx, broker, topic, 0, value); err != nil {
			return err
		}
		member := kafkaGoMember(broker, topic)
		message, err := member.ReadMessage(ctx)
		if err != nil {
			return err
		}
		if err := same("a value", string(message.Value), value); err != nil {
			return err
		}
		if err := member.Close(); err != nil {
			return err
		}
	}
	return nil
}

// A kafkaGoCounter reads in the background and counts what it has read, by value.
type kafkaGoCounter struct {
	member *kafka.Reader
	stop   context.CancelFunc
	some   atomic.Int64
	last   atomic.Int64
}

func kafkaGoCount(ctx context.Context, broker, topic string) *kafkaGoCounter {
	reading, stop := context.WithCancel(ctx)
	counter := &kafkaGoCounter{member: kafkaGoMember(broker, topic), stop: stop}
	go func() {
		for {
			message, err := counter.member.ReadMessage(reading)
			if err != nil {
				return
			}
			if string(message.Value) == "last" {
				counter.last.Add(1)
			} else {
				counter.some.Add(1)
			}
		}
	}()
	return counter
}

func (c *kafkaGoCounter) close() error {
	c.stop()
	return c.member.Close()
}

func kafkaGoShares(ctx context.Context, broker, topic string) error {
	if err := kafkaGoCreate(ctx, broker, topic, 2); err != nil {
		return err
	}
	first, second := kafkaGoCount(ctx, broker, topic), kafkaGoCount(ctx, broker, topic)
	writer := &kafka.Writer{Addr: kafka.TCP(broker), Topic: topic, Balancer: &kafka.RoundRobin{}, BatchSize: 1}
	defer writer.Close()
	err := eventually(ctx, "both read", func() bool {
		return writer.WriteMessages(ctx, kafka.Message{Value: []byte("some")}) == nil && first.some.Load() > 0 && second.some.Load() > 0
	})
	if err != nil {
		return err
	}
	if err := first.close(); err != nil {
		return err
	}
	if err := kafkaGoSend(ctx, broker, topic, 0, "last", "last", "last", "last"); err != nil {
		return err
	}
	if err := eventually(ctx, "the second reads what is left", func() bool { return second.last.Load() >= 4 }); err != nil {
		return err
	}
	return second.close()
}
