// A program that pulls values from an iterator, which runs as a coroutine.
package main

import "iter"

func values(yield func(int) bool) {
	for value := range 3 {
		if !yield(value) {
			return
		}
	}
}

func main() {
	next, stop := iter.Pull(values)
	defer stop()
	sum := 0 // marker: pulled
	for value, ok := next(); ok; value, ok = next() {
		sum += value // marker: value
	}
	println(sum)
}
