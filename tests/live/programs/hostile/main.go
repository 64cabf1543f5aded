// A program whose names would harm a terminal or page that shows them unescaped: the test
// replaces HARM by a hostile text before it builds the program, in a directory of that name;
// BREAKS ends a line for some tools, but not for Go.
package main

import (
	"runtime"
	"strings"
	_ "unsafe" // for go:linkname
)

// add is written in assembly, so that the guided boot can end there.
func add(x, y int64) int64

var work = make(chan int)

//go:noinline
//go:linkname waits main.HARM
func waits(what any) int {
	return func() int {
		runtime.KeepAlive(what)
		return <-work // HARM
	}()
}

// kept parks; its name has a type argument with quotes and angle brackets.
//
//go:noinline
func kept[T any](what T) int { return waits(what) }

// waiting reports whether n goroutines are in their receive.
func waiting(n int) bool {
	text := make([]byte, 1<<16)
	return strings.Count(string(text[:runtime.Stack(text, true)]), "[chan receive]") == n
}

func main() {
	// HARM BREAKS
	println(add(40, 2))
	go kept(struct {
		X int `<script>window.hacked=3</script>"'`
	}{7})
	go elsewhere()
	for !waiting(2) {
		runtime.Gosched()
	}
	work <- 1 // marker: parked
	work <- 2
}
