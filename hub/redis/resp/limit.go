package resp

// Bounds of what is accepted and kept.
const (
	maxLine     = 64 << 10  // bytes of a status or an error
	maxBulk     = 64 << 20  // bytes of a string
	maxTotal    = 256 << 20 // bytes of a reply, 64 for each element and its strings
	maxDepth    = 16        // of arrays in arrays
	maxPending  = 1 << 16   // commands that wait, unless configured
	maxWaiting  = 64 << 20  // bytes of commands that wait
	elementSize = 64        // bytes of a Reply, roughly
)
