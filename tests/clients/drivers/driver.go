// franz-go, at the word of tests/clients/driver.py.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

type asked struct {
	Do string
	To struct{ Brokers, User, Password string }

	Topic, Value, Codec, Transaction string
	Key                              *string
	Partition                        *int32
	Headers                          map[string]string

	Group, Field string
	Until        []string
}

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func connect(given asked, options ...kgo.Opt) (*kgo.Client, error) {
	options = append(options, kgo.SeedBrokers(given.To.Brokers))
	if given.To.User != "" {
		login := plain.Auth{User: given.To.User, Pass: given.To.Password}
		options = append(options, kgo.SASL(login.AsMechanism()))
	}
	return kgo.NewClient(options...)
}

func send(given asked) (any, error) {
	options := []kgo.Opt{kgo.ProducerBatchCompression(codecs[given.Codec])}
	record := &kgo.Record{Topic: given.Topic, Value: []byte(given.Value)}
	if given.Key != nil {
		record.Key = []byte(*given.Key)
	}
	if given.Partition != nil {
		record.Partition = *given.Partition
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	if given.Transaction != "" {
		options = append(options, kgo.TransactionalID(fmt.Sprintf("franz-%d", time.Now().UnixNano())))
	}
	for name, value := range given.Headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	client, err := connect(given, options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if given.Transaction != "" {
		if err := client.BeginTransaction(); err != nil {
			return nil, err
		}
	}
	if err := client.ProduceSync(context.Background(), record).FirstErr(); err != nil {
		return nil, err
	}
	if given.Transaction != "" {
		end := kgo.TransactionEndTry(given.Transaction == "commit")
		if err := client.EndTransaction(context.Background(), end); err != nil {
			return nil, err
		}
	}
	return map[string]int64{"partition": int64(record.Partition), "offset": record.Offset}, nil
}

func follow(given asked) (any, error) {
	client, err := connect(given, kgo.ConsumerGroup(given.Group), kgo.ConsumeTopics(given.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	seen := []map[string]any{}
	for {
		fetches := client.PollFetches(context.Background())
		for _, failed := range fetches.Errors() {
			return nil, failed.Err
		}
		for records := fetches.RecordIter(); !records.Done(); {
			record, value := records.Next(), map[string]any{}
			if string(record.Key) != *given.Key {
				continue
			}
			if record.Value != nil {
				if err := json.Unmarshal(record.Value, &value); err != nil {
					return nil, err
				}
			}
			seen = append(seen, value)
			if found, _ := value[given.Field].(string); slices.Contains(given.Until, found) {
				return map[string]any{"seen": seen}, nil
			}
		}
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var given asked
		var answer any
		err := json.Unmarshal(lines.Bytes(), &given)
		if err == nil && given.Do == "send" {
			answer, err = send(given)
		} else if err == nil {
			answer, err = follow(given)
		}
		if err != nil {
			answer = map[string]string{"error": err.Error()}
		}
		if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
			panic(err)
		}
	}
}
