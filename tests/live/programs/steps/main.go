// A program that never ends and works in one goroutine, in the same way each time: to be stepped through.
// It allocates, makes goroutines that never run, and makes system calls.
package main

import (
	"runtime"
	"strings"
	"syscall"
)

type shape interface{ area(scale int) int }

type square struct{ side int }

type boxed struct{ shape }

var (
	kept   []byte
	total  int
	shapes = []shape{square{2}, boxed{square{3}}}
)

//go:noinline
func (s square) area(scale int) int { return s.side * s.side * scale }

//go:noinline
func sum(shapes []shape, scale int) (sum int) {
	for _, shape := range shapes {
		sum += shape.area(scale)
	}
	return sum
}

//go:noinline
func deep(n int) int {
	var room [256]byte
	room[n%len(room)] = byte(n)
	if n == 0 {
		return 0
	}
	return deep(n-1) + int(room[n%len(room)])
}

//go:noinline
func later(n int) { total += n }

//go:noinline
func text(n int) string {
	var text strings.Builder
	for i := 0; i < n; i++ {
		text.WriteString("ab")
	}
	return strings.ToUpper(text.String())
}

func round(n int) {
	total += sum(shapes, n)
	kept = make([]byte, 64*n)
	total += deep(n)
	go later(n)
	total += len(text(n))
	syscall.Getppid()
	runtime.KeepAlive(kept)
}

func main() {
	deep(200) // so that its stack is not moved later, which GDB loses its way in
	for n := 1; ; n++ {
		round(n) // marker: round
		if n == 40 {
			n = 4
		}
	}
}
