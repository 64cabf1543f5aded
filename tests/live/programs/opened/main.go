// A plugin with a goroutine that waits.
package main

var never = make(chan int)

func parks(ready chan bool) {
	ready <- true
	waits()
}

//go:noinline
func waits() { <-never }

// Start returns when its goroutine is about to wait.
func Start() {
	ready := make(chan bool)
	go parks(ready)
	<-ready
}

func main() {}
