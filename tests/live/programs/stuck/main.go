// A program whose init function waits for input: it never reaches main.main by
// itself, so a walk of its boot can be interrupted on the way.
package main

import (
	"fmt"
	"os"
)

func init() {
	fmt.Println("init waits")
	os.Stdin.Read(make([]byte, 1))
}

func main() {
	fmt.Println("main.main was reached")
}
