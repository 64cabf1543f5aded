// A program with several kinds of stacks at "marker: look": a goroutine that is
// parked with variables of many kinds in its frames, one that has not started,
// and main itself, with the address of a variable of its own in a callee.
package main

import (
	"runtime"
	"strings"
)

type point struct{ x, y int }

type shape interface{ area() int }

func (p *point) area() int { return p.x * p.y }

var (
	answers = make(chan int)
	done    = make(chan bool)
	table   = [4]int{2, 3, 5, 7}
	sink    int
	begun   int
)

// wait is inlined if optimisation is on.
func wait(ch chan int) int { return <-ch }

//go:noinline
func inner(where *point, name string, small int8) int {
	before := where.x + len(name)
	answer := wait(answers)
	return before + answer + int(small) + where.y // marker: answered
}

//go:noinline
func outer(name string) int {
	here := point{3, -4}
	far := &point{5, 6}
	var form shape = far
	row := [20]int{19: 1}
	from := &table[1]
	answer := inner(&here, name, -7)
	sink += row[answer%20] + *from
	return answer + here.y + form.area()
}

func parks() {
	sink = outer("gopher")
	done <- true
}

func begins(n int) { begun = n }

// look keeps nothing on the stack.
//
//go:noinline
func look(n int) int {
	return n + 1 // marker: look
}

// waiting reports whether the goroutine of parks is in its receive.
func waiting() bool {
	text := make([]byte, 1<<14)
	return strings.Contains(string(text[:runtime.Stack(text, true)]), "[chan receive]")
}

func main() {
	runtime.GOMAXPROCS(1)
	go parks()
	for !waiting() {
		runtime.Gosched()
	}
	go begins(7) // stays runnable: this is the only P
	sink = look(sink)
	answers <- 2
	<-done
}
