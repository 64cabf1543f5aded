// Command ticks keeps N goroutines parked besides one that ticks every 100 µs. For each line of
// its standard input it prints the longest time between two ticks since the last line, in µs.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"
)

const deepest = 24 // calls from a goroutine's start to its innermost function

var never = make(chan int)

func park(calls int) {
	if calls > 0 {
		park(calls - 1)
		return
	}
	<-never
}

// tick answers each request after a tick, so that the answer has what came before the request.
func tick(requests <-chan bool, longest chan<- time.Duration) {
	most, last := time.Duration(0), time.Now()
	for {
		time.Sleep(100 * time.Microsecond)
		now := time.Now()
		if now.Sub(last) > most {
			most = now.Sub(last)
		}
		last = now
		select {
		case <-requests:
			longest <- most
			most = 0
		default:
		}
	}
}

func main() {
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for i := 0; i < count; i++ {
		go park(i % deepest)
	}
	requests, longest := make(chan bool), make(chan time.Duration)
	go tick(requests, longest)
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		requests <- true
		fmt.Println((<-longest).Microseconds())
	}
}
