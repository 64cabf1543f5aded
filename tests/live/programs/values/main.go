// Program values has variables of the kinds that gogdb's pretty printers know, prints what each of
// them holds, and waits in stop for the debugger.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

type (
	name   string
	point  struct{ X, Y int }
	family []family
	key    struct{}
	wide   [200]byte // larger than what a map keeps in its slots
	big    struct {
		First int
		Rest  [1000]int
		Last  string
	}
	shape interface{ area() int }
	fault struct{ code int }
)

func (p point) area() int      { return p.X * p.Y }
func (f *fault) Error() string { return fmt.Sprint("fault ", f.code) }

// What the debugger prints. None is a constant for the compiler.
var (
	empty   string
	plain   = "hello"
	escaped = "tab\tquote\"back\\nul\x00esc\x1b"
	chinese = "中文 é"
	invalid = "a\xffb"
	long    = string(make([]byte, 1000))
	named   = name("Ada")
	text    = []byte("bytes")

	ints     = []int{1, 2, 3, 4}[:3]
	none     []int
	words    = []string{"a", "b"}
	points   = []point{{1, 2}, {3, 4}}
	nested   = [][]int{{1}, {2, 3}}
	thousand = make([]int, 1000)
	empties  = make([]struct{}, 1<<40)
	array    = [3]string{"x", "y", "z"}

	nilMap   map[string]int
	noMap    = map[string]int{}
	ages     = map[string]int{"Ada": 36, "Alan": 41}
	numbers  = map[int]int{}
	shrunk   = map[int]string{}
	wideMap  = map[wide]wide{{1}: {2}}
	mapOfMap = map[string]map[int]bool{"a": {1: true}}
	setOf    = map[point]struct{}{{1, 2}: {}}

	nilChan  chan int
	buffered = make(chan string, 4)
	direct   = make(chan int)

	nothing  any
	number   any   = 42
	word     any   = "word"
	pair     any   = point{1, 2}
	toPair   any   = &point{3, 4}
	slice    any   = []int{1, 2}
	table    any   = map[string]int{"one": 1}
	function any   = stop
	shaped   shape = point{5, 6}
	noShape  shape

	noError error
	failed        = errors.New("boom")
	wrapped       = fmt.Errorf("reading: %w", failed)
	missing error = &fs.PathError{Op: "open", Path: "/none", Err: syscall.ENOENT}
	errno   error = syscall.EAGAIN
	custom  error = &fault{7}

	epoch    = time.Unix(0, 0).UTC()
	moment   = time.Date(2009, 11, 10, 23, 4, 5, 678900000, time.UTC)
	ancient  = time.Date(-44, 3, 15, 12, 0, 0, 0, time.UTC)
	zoned    = time.Date(2024, 2, 29, 1, 2, 3, 0, time.FixedZone("XYZ", -5400))
	zero     time.Time
	now      = time.Now()
	lapse    = 90*time.Minute + 1500*time.Millisecond
	tiny     = 1500 * time.Nanosecond
	backward = -time.Second

	free, held, queued sync.Mutex
	readable, reading  sync.RWMutex
	writing            sync.RWMutex
	group              sync.WaitGroup
	before, after      sync.Once

	count32 atomic.Int32
	count64 atomic.Uint64
	flag    atomic.Bool
	pointer atomic.Pointer[point]
	holder  atomic.Value

	background = context.Background()
	cancelled  context.Context
	withValue  context.Context
	cycle      = []any{1, nil}
	knot       = family{nil}
	mapCycle   = map[string]any{}
	doubled    any
	large      = big{First: 1, Last: "last"}
)

// Damaged by the program itself, as a stray write would do it.
var (
	badString, nilString, longString string

	badSlice, nilSlice, longSlice, shortCap, negative []int

	badMap   map[string]int
	longMap  = map[string]int{"a": 1, "b": 2}
	badChan  chan int
	longChan     = make(chan int, 2)
	badType  any = 1
	badData  any = point{1, 2}
)

// used keeps the linker from leaving out a variable.
var used = []any{
	&empty, &plain, &escaped, &chinese, &invalid, &long, &named, &text, &ints, &none, &words,
	&points, &nested, &thousand, &empties, &array, &nilMap, &noMap, &ages, &numbers, &shrunk,
	&wideMap, &mapOfMap, &setOf, &nilChan, &buffered, &direct, &nothing, &number, &word, &pair,
	&toPair, &slice, &table, &function, &shaped, &noShape, &noError, &failed, &wrapped, &missing,
	&errno, &custom, &epoch, &moment, &ancient, &zoned, &zero, &now, &lapse, &tiny, &backward,
	&free, &held, &queued, &readable, &reading, &writing, &group, &before, &after, &count32,
	&count64, &flag, &pointer, &holder, &background, &cancelled, &withValue, &cycle, &knot,
	&mapCycle, &doubled, &large, &badString, &nilString, &longString, &badSlice, &nilSlice,
	&longSlice, &shortCap, &negative, &badMap, &longMap, &badChan, &longChan, &badType, &badData,
}

func main() {
	debug.SetGCPercent(-1)
	fill()
	report()
	damage()
	generic([]int{1, 2}, map[string]int{"a": 3}, make(chan int, 4))
	local := map[string]any{"local": point{9, 10}}
	stop(used, local)
}

//go:noinline
func stop(...any) {}

//go:noinline
func generic[T any](items []T, table map[string]T, sent chan T) int {
	inside()
	return len(items) + len(table) + cap(sent)
}

//go:noinline
func inside() {}

// fill makes what takes statements.
func fill() {
	for i := range thousand {
		thousand[i] = i
		numbers[i] = 2 * i
		shrunk[i] = "gone"
	}
	for i := 5; i < len(thousand); i++ {
		delete(shrunk, i)
	}
	for _, word := range []string{"lost", "b", "c", "d"} {
		buffered <- word
	}
	<-buffered
	buffered <- "e"
	go func() { direct <- 1 }()
	go func() { direct <- 2 }()

	held.Lock()
	queued.Lock()
	go queued.Lock()
	reading.RLock()
	reading.RLock()
	writing.Lock()
	go writing.RLock()
	group.Add(2)
	go group.Wait()
	after.Do(func() {})

	count32.Store(-5)
	count64.Store(1 << 63)
	flag.Store(true)
	pointer.Store(&point{7, 8})
	holder.Store("held")

	ctx, cancel := context.WithCancel(background)
	cancel()
	cancelled = ctx
	deadline, stopTimer := context.WithDeadline(background, moment.AddDate(1000, 0, 0))
	_ = stopTimer
	withValue = context.WithValue(deadline, key{}, "v")

	cycle[1] = cycle
	knot[0] = knot
	mapCycle["self"] = mapCycle
	for i := 0; i < 100; i++ {
		doubled = []any{doubled, doubled}
	}
	awaitParked(5)
}

// awaitParked waits until the n goroutines that fill started are parked.
func awaitParked(n int) {
	for {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		blocked := regexp.MustCompile(`(?m)^goroutine \d+ \[(chan send|sync|semacquire)`)
		if len(blocked.FindAll(stacks, -1)) == n {
			return
		}
		runtime.Gosched()
	}
}

// report prints the program's own text of each variable whose %v the debugger shows.
func report() {
	texts := map[string]any{
		"epoch": epoch, "moment": moment, "ancient": ancient, "zoned": zoned, "zero": zero,
		"now": now, "lapse": lapse, "tiny": tiny, "backward": backward,
		"failed": failed, "wrapped": wrapped, "missing": missing, "errno": errno,
		"cancelled": cancelled, "background": background,
		"count32": count32.Load(), "count64": count64.Load(), "flag": flag.Load(),
		"numbers": numbers, "ages": ages, "thousand": thousand, "points": points,
	}
	for name, value := range texts {
		texts[name] = fmt.Sprint(value)
	}
	for name, value := range map[string]string{
		"plain": plain, "escaped": escaped, "chinese": chinese, "invalid": invalid,
		"named": string(named), "word": word.(string), "long": long,
	} {
		texts[name] = fmt.Sprintf("%q", value)
	}
	line, err := json.Marshal(texts)
	if err != nil {
		panic(err)
	}
	fmt.Printf("texts %s\n", line)
}

// damage overwrites variables that the program does not use any more.
func damage() {
	set := func(place unsafe.Pointer, words ...uintptr) {
		for i, word := range words {
			*(*uintptr)(unsafe.Add(place, 8*i)) = word
		}
	}
	const nowhere = 0x10
	readable := uintptr(unsafe.Pointer(&large))
	set(unsafe.Pointer(&badString), nowhere, 5)
	set(unsafe.Pointer(&nilString), 0, 5)
	set(unsafe.Pointer(&longString), readable, 1<<60)
	set(unsafe.Pointer(&badSlice), nowhere, 5, 5)
	set(unsafe.Pointer(&nilSlice), 0, 5, 5)
	set(unsafe.Pointer(&longSlice), readable, 1<<60, 1<<60)
	set(unsafe.Pointer(&shortCap), readable, 5, 2)
	set(unsafe.Pointer(&negative), readable, 1<<63, 1<<63)
	set(unsafe.Pointer(&badMap), nowhere)
	set(unsafe.Pointer(&badChan), nowhere)
	set(unsafe.Pointer(&badType), nowhere, readable)
	set(unsafe.Add(unsafe.Pointer(&badData), 8), nowhere)
	// the count of a map is its first word, and so is that of a channel's buffer
	set(*(*unsafe.Pointer)(unsafe.Pointer(&longMap)), 1<<60)
	set(*(*unsafe.Pointer)(unsafe.Pointer(&longChan)), 1<<60)
}
