package resp

import (
	"os"
	"testing"
	"time"

	"wschat/frame/leaktest"
)

// patience bounds what a test waits for; reaching it is a failure.
const patience = 20 * time.Second

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }
