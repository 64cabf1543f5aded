// A program that ends in an init, before main.main.
package main

import "os"

func init() {
	os.Exit(3)
}

func main() {
	println("not reached")
}
