package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/IBM/sarama"
)

func saramaCases() []testCase {
	cases := []testCase{
		{"sarama, admin", saramaAdmin},
		{"sarama, idempotent producer", saramaIdempotent},
		{"sarama, a message that is too large is refused", saramaTooLarge},
		{"sarama, a group goes on where it stood", saramaResumes},
	}
	codecs := []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD}
	for _, codec := range codecs {
		cases = append(cases, testCase{"sarama, comes back, " + codec.String(), func(_ context.Context, broker, topic string) error {
			return saramaRoundTrip(broker, topic, codec)
		}})
	}
	strategies := []sarama.BalanceStrategy{sarama.NewBalanceStrategyRange(), sarama.NewBalanceStrategyRoundRobin(), sarama.NewBalanceStrategySticky()}
	for _, strategy := range strategies {
		cases = append(cases, testCase{"sarama, two share, one leaves, " + strategy.Name(), func(ctx context.Context, broker, topic string) error {
			return saramaShares(ctx, broker, topic, strategy)
		}})
	}
	return cases
}

func saramaConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.V4_0_0_0
	config.Producer.Return.Successes = true
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	return config
}

func saramaCreate(broker, topic string, partitions int32) error {
	admin, err := sarama.NewClusterAdmin([]string{broker}, saramaConfig())
	if err != nil {
		return err
	}
	defer admin.Close()
	return admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false)
}

func saramaAdmin(ctx context.Context, broker, topic string) error {
	admin, err := sarama.NewClusterAdmin([]string{broker}, saramaConfig())
	if err != nil {
		return err
	}
	defer admin.Close()
	retention := "60000"
	detail := &sarama.TopicDetail{NumPartitions: 3, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &retention}}
	if err := admin.CreateTopic(topic, detail, false); err != nil {
		return err
	}
	if err := admin.CreateTopic(topic, detail, false); !errors.Is(err, sarama.ErrTopicAlreadyExists) {
		return fmt.Errorf("a second creation: %v", err)
	}
	if err := admin.CreatePartitions(topic, 5, nil, false); err != nil {
		return err
	}
	has5 := func() bool {
		topics, err := admin.ListTopics()
		return err == nil && topics[topic].NumPartitions == 5
	}
	if err := eventually(ctx, "the topic has 5 partitions", has5); err != nil {
		return err
	}
	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms"}})
	if err != nil {
		return err
	}
	if err := same("retention.ms", entries[0].Value, "60000"); err != nil {
		return err
	}
	if _, err := admin.ListConsumerGroups(); err != nil {
		return err
	}
	return admin.DeleteTopic(topic)
}

// saramaSend produces values to partition 0 and returns the offset of the last.
func saramaSend(broker, topic string, config *sarama.Config, values ...string) (int64, error) {
	producer, err := sarama.NewSyncProducer([]string{broker}, config)
	if err != nil {
		return 0, err
	}
	defer producer.Close()
	var last int64
	for _, value := range values {
		message := &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder("key"), Value: sarama.StringEncoder(value),
			Headers: []sarama.RecordHeader{{Key: []byte("h"), Value: []byte("v")}}}
		if _, last, err = producer.SendMessage(message); err != nil {
			return 0, err
		}
	}
	return last, nil
}

func saramaRoundTrip(broker, topic string, codec sarama.CompressionCodec) error {
	if err := saramaCreate(broker, topic, 1); err != nil {
		return err
	}
	config := saramaConfig()
	config.Producer.Compression = codec
	last, err := saramaSend(broker, topic, config, "one", "two", "three")
	if err != nil {
		return err
	}
	if err := same("the last offset", last, 2); err != nil {
		return err
	}
	consumer, err := sarama.NewConsumer([]string{broker}, config)
	if err != nil {
		return err
	}
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(topic, 0, 1)
	if err != nil {
		return err
	}
	defer partition.Close()
	for _, expected := range []string{"two", "three"} {
		select {
		case message := <-partition.Messages():
			if err := same("a value", string(message.Value), expected); err != nil {
				return err
			}
			if err := same("headers", len(message.Headers), 1); err != nil {
				return err
			}
		case err := <-partition.Errors():
			return err
		}
	}
	return nil
}

func saramaIdempotent(_ context.Context, broker, topic string) error {
	if err := saramaCreate(broker, topic, 1); err != nil {
		return err
	}
	config := saramaConfig()
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Net.MaxOpenRequests = 1
	last, err := saramaSend(broker, topic, config, "a", "b", "c", "d")
	if err != nil {
		return err
	}
	return same("the last offset", last, 3)
}

func saramaTooLarge(_ context.Context, broker, topic string) error {
	if err := saramaCreate(broker, topic, 1); err != nil {
		return err
	}
	config := saramaConfig()
	config.Producer.MaxMessageBytes = 8 << 20
	_, err := saramaSend(broker, topic, config, string(make([]byte, 4<<20)))
	if !errors.Is(err, sarama.ErrMessageSizeTooLarge) {
		return fmt.Errorf("4 MiB: %v", err)
	}
	return nil
}

// A saramaMember is one member of a group: what it has read, and which partitions are its own now.
type saramaMember struct {
	group sarama.ConsumerGroup
	done  chan struct{}

	lock   sync.Mutex
	owned  int
	values []string
}

func (m *saramaMember) Setup(session sarama.ConsumerGroupSession) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.owned = 0
	for _, partitions := range session.Claims() {
		m.owned += len(partitions)
	}
	return nil
}

func (m *saramaMember) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *saramaMember) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		m.lock.Lock()
		m.values = append(m.values, string(message.Value))
		m.lock.Unlock()
		session.MarkMessage(message, "")
		session.Commit()
	}
	return nil
}

func (m *saramaMember) state() (owned, read int) {
	m.lock.Lock()
	defer m.lock.Unlock()
	return m.owned, len(m.values)
}

func (m *saramaMember) close() error {
	err := m.group.Close()
	<-m.done
	return err
}

func saramaJoin(ctx context.Context, broker, topic string, strategy sarama.BalanceStrategy) (*saramaMember, error) {
	config := saramaConfig()
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
	group, err := sarama.NewConsumerGroup([]string{broker}, topic+"-group", config)
	if err != nil {
		return nil, err
	}
	member := &saramaMember{group: group, done: make(chan struct{})}
	go func() {
		defer close(member.done)
		for ctx.Err() == nil && !errors.Is(group.Consume(ctx, []string{topic}, member), sarama.ErrClosedConsumerGroup) {
		}
	}()
	return member, nil
}

func saramaShares(ctx context.Context, broker, topic string, strategy sarama.BalanceStrategy) error {
	if err := saramaCreate(broker, topic, 4); err != nil {
		return err
	}
	first, err := saramaJoin(ctx, broker, topic, strategy)
	if err != nil {
		return err
	}
	if err := eventually(ctx, "the first owns all", func() bool { owned, _ := first.state(); return owned == 4 }); err != nil {
		return err
	}
	second, err := saramaJoin(ctx, broker, topic, strategy)
	if err != nil {
		return err
	}
	both := func() bool {
		mine, _ := first.state()
		yours, _ := second.state()
		return mine == 2 && yours == 2
	}
	if err := eventually(ctx, "both own their half", both); err != nil {
		return err
	}
	if err := first.close(); err != nil {
		return err
	}
	if err := eventually(ctx, "the second owns all", func() bool { owned, _ := second.state(); return owned == 4 }); err != nil {
		return err
	}
	return second.close()
}

func saramaResumes(ctx context.Context, broker, topic string) error {
	if err := saramaCreate(broker, topic, 1); err != nil {
		return err
	}
	for round, values := range [][]string{{"one", "two"}, {"three"}} {
		if _, err := saramaSend(broker, topic, saramaConfig(), values...); err != nil {
			return err
		}
		member, err := saramaJoin(ctx, broker, topic, sarama.NewBalanceStrategyRange())
		if err != nil {
			return err
		}
		if err := eventually(ctx, "all is read", func() bool { _, read := member.state(); return read == len(values) }); err != nil {
			return err
		}
		if err := member.close(); err != nil {
			return err
		}
		if err := same(fmt.Sprintf("the first value of round %d", round), member.values[0], values[0]); err != nil {
			return err
		}
	}
	return nil
}
