// A program that exits in an init function, before main.main.
package main

import "os"

func init() {
	os.Exit(3)
}

func main() {
	println("not reached")
}
