// A program that forks, as C does: the child has the memory of the parent and one thread.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
)

var asleep sync.WaitGroup

func sleeps(fd int) {
	runtime.LockOSThread()
	asleep.Done()
	syscall.Read(fd, make([]byte, 1))
}

func main() {
	var pipe [2]int
	syscall.Pipe(pipe[:])
	asleep.Add(3)
	for i := 0; i < 3; i++ { // three threads that the child does not have
		go sleeps(pipe[0])
	}
	asleep.Wait()
	runtime.LockOSThread()
	child, _, _ := syscall.RawSyscall(syscall.SYS_FORK, 0, 0, 0)
	if child == 0 {
		syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
		for {
			syscall.RawSyscall(syscall.SYS_PAUSE, 0, 0, 0)
		}
	}
	fmt.Println(child)
	os.Stdin.Read(make([]byte, 1))
}
