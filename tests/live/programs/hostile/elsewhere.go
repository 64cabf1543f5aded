package main

// Where elsewhere stands no file is.
//
//go:noinline
//line /tmp/HARM/elsewhere.go:7
func elsewhere() { waits(nil) }
