package hub_test

import (
	"testing"

	"wschat/hub"
	"wschat/hub/storetest"
)

// The store that other tests use is one.
func TestDelayedStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) hub.Store { return hub.NewDelayedStore(t) })
}
