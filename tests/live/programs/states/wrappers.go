package main

import "reflect"

type number interface{ ~int | ~string }

type box[T number] struct{ value T }

//go:noinline
func parkOn[T number](value T) T {
	park()
	return value + value
}

//go:noinline
func (b *box[T]) parks() T { return parkOn(b.value) }

func generic() { parkOn("shape") }

func genericMethod() { (&box[int]{1}).parks() }

func genericClosure() { closureIn(1)() }

//go:noinline
func closureIn[T number](value T) func() T {
	return func() T { return parkOn(value) }
}

type parker interface{ parks() }

type inner struct{ a, b, c int }

//go:noinline
func (i inner) parks() { park() }

type pointed struct{ a, b, c int }

//go:noinline
func (p *pointed) parks() { park() }

func methodValue() {
	value := inner{}.parks
	call(value)
}

func methodExpression() { callWith((*inner).parks) }

//go:noinline
func call(function func()) { function() }

//go:noinline
func callWith(function func(*inner)) { function(&inner{}) }

func closures() {
	n := 1
	call(func() {
		n++
		call(func() {
			n++
			park()
		})
	})
}

func goWithArguments() {
	go parkWith(3, "four")
	go pointed{}.copied(5)
	park()
}

//go:noinline
func (pointed) copied(int) { park() }

// A method promoted from an embedded field is called through a generated wrapper.
type (
	byPointer struct{ *inner }
	byValue   struct {
		before int
		inner
	}
	byInterface struct{ parker }
)

//go:noinline
func through(p parker) { p.parks() }

func promotedPointer() { through(byPointer{&inner{}}) }

func promotedValue() { through(&byValue{}) }

func promotedInterface() { through(&byInterface{&pointed{}}) }

// The generated wrapper panics: its receiver is nil.
func wrapperPanics() {
	defer park()
	through((*inner)(nil))
}

func reflectCall() {
	reflect.ValueOf(parkWith).Call([]reflect.Value{reflect.ValueOf(1), reflect.ValueOf("two")})
}

func reflectMakeFunc() {
	made := reflect.MakeFunc(reflect.TypeOf(park), func([]reflect.Value) []reflect.Value {
		park()
		return nil
	})
	made.Interface().(func())()
}

type Exported struct{}

func (Exported) Parks(int) { park() }

func reflectMethodValue() {
	reflect.ValueOf(Exported{}).Method(0).Interface().(func(int))(1)
}
