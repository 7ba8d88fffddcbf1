package hub_test

import (
	"testing"

	"wschat/hub"
	"wschat/hub/chat"
	"wschat/hub/store/storetest"
)

// The store that other tests use is one.
func TestDelayedStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chat.Store { return hub.NewDelayedStore(t) })
}
