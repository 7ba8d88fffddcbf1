package leaktest

import "runtime"

// Heap returns how many bytes of the heap are in use after do that were not before. Nothing
// else may run meanwhile.
func Heap(do func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first has left to be swept
	runtime.ReadMemStats(&before)
	do()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}
