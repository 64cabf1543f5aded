// forks starts a program, on the thread that the kernel made for it.
package main

import (
	"os"
	"os/exec"
	"runtime"
)

func init() {
	runtime.LockOSThread()
}

func main() {
	command := exec.Command("/bin/true")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		panic(err)
	}
}
