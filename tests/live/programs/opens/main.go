// Command opens opens a plugin, one goroutine of which then waits.
package main

import (
	"fmt"
	"os"
	"plugin"
)

func main() {
	opened, err := plugin.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	start, err := opened.Lookup("Start")
	if err != nil {
		panic(err)
	}
	start.(func())()
	fmt.Println("parked")
	fmt.Scanln()
}
