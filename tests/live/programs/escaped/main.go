// A program whose goroutine parks in functions with names that the linker escapes and that have
// type arguments, when it prints "parked"; it prints its own traceback on SIGQUIT.
package main

import (
	"fmt"
	"os"

	"gogdb.example/escaped/v2.things"
)

func main() {
	ready, never := make(chan bool), make(chan bool)
	go things.Work(func() {
		things.Choose([2]int{}, func() {
			(&things.Box[map[string]int]{}).Open(func() {
				ready <- true
				<-never
			})
		})
	})
	<-ready
	fmt.Println("parked")
	os.Stdin.Read(make([]byte, 1))
}
