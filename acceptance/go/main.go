// Drives Go clients that the franz-go suite does not cover: Sarama and kafka-go, one function per case.
// Prints `ok CASE` or `not ok CASE: reason`.
// usage: acceptance BROKER
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// patience is how long a case may take, in all.
const patience = 60 * time.Second

// A testCase asks the broker at an address for something, on topics that carry its own name.
type testCase struct {
	name string
	run  func(ctx context.Context, broker, topic string) error
}

func main() {
	broker := os.Args[1]
	for index, one := range append(saramaCases(), kafkaGoCases()...) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := attempt(ctx, one, broker, fmt.Sprintf("go-%d", index))
		cancel()
		if err != nil {
			fmt.Printf("not ok %s: %s\n", one.name, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Printf("ok %s\n", one.name)
		}
	}
}

// attempt turns a panic of a client into the failure of one case.
func attempt(ctx context.Context, one testCase, broker, topic string) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	return one.run(ctx, broker, topic)
}

// eventually asks until the answer is yes, or the case's time is up.
func eventually(ctx context.Context, what string, holds func() bool) error {
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("not in time: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

func same[T comparable](what string, actual, expected T) error {
	if actual != expected {
		return fmt.Errorf("%s: %v instead of %v", what, actual, expected)
	}
	return nil
}
