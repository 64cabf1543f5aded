// A program that crashes: an order that one of its workers packs has no customer.
// It prints "open" before, and then waits for input.
package main

import (
	"fmt"
	"os"
	"time"
)

type customer struct{ name string }

type order struct {
	number int
	items  map[string]int
	within time.Duration
	from   *customer
}

//go:noinline
func (o *order) ship(pieces int) {
	fmt.Fprintln(os.Stderr, pieces, "pieces for", o.from.name) // marker: crash
}

//go:noinline
func pack(orders <-chan *order, shipped chan<- bool) {
	for o := range orders {
		pieces := 0
		for _, count := range o.items {
			pieces += count
		}
		o.ship(pieces) // marker: ship
		shipped <- true
	}
}

func take(orders chan<- *order) {
	os.Stdin.Read(make([]byte, 1))
	orders <- &order{1, map[string]int{"tea": 1, "cups": 4}, 90 * time.Minute, nil}
}

func main() {
	orders, shipped := make(chan *order), make(chan bool)
	for i := 0; i < 3; i++ {
		go pack(orders, shipped)
	}
	go take(orders)
	fmt.Println("open")
	<-shipped // before there is an order: it is parked when a worker crashes
}
