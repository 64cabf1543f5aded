// A program whose goroutine parks in functions with names that the linker escapes and that have
// type arguments, when it prints "parked"; it prints its own traceback on SIGQUIT.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"gogdb.example/escaped/v2.things"
)

// waiting reports whether the goroutine is in its receive.
func waiting() bool {
	text := make([]byte, 1<<14)
	return strings.Contains(string(text[:runtime.Stack(text, true)]), "[chan receive]")
}

func main() {
	never := make(chan bool)
	go things.Work(func() {
		things.Choose([2]int{}, func() {
			(&things.Box[map[string]int]{}).Open(func() {
				<-never
			})
		})
	})
	for !waiting() {
		runtime.Gosched()
	}
	fmt.Println("parked")
	os.Stdin.Read(make([]byte, 1))
}
