// archive is a library for the C program in c/.
package main

// #include <stdint.h>
import "C"

//export Sum
func Sum(x, y C.int64_t) C.int64_t {
	return x + y
}

func main() {
	panic("main of a library")
}
