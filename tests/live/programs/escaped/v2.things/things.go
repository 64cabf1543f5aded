// Package things has a dot in the last element of its path, which the linker escapes.
package things

// Box is a generic type.
type Box[T any] struct{ value T }

// Open is a method of it.
func (b *Box[T]) Open(parks func()) { func() { parks() }() }

// Work is a plain function.
func Work(calls func()) { calls() }

// Choose is a generic function.
func Choose[T any](value T, calls func()) { calls() }
