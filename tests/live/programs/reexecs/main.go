// A program that executes itself in an init function, and in main.main what its argument names.
package main

import (
	"os"
	"syscall"
)

func init() {
	if len(os.Args) < 3 {
		panic(syscall.Exec("/proc/self/exe", append(os.Args, "again"), nil))
	}
}

func main() {
	panic(syscall.Exec(os.Args[1], os.Args[1:2], nil))
}
