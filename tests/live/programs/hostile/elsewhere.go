package main

// The file that elsewhere claims to be in does not exist.
//
//go:noinline
//line /tmp/HARM/elsewhere.go:7
func elsewhere() { waits(nil) }
