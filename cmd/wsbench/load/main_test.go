package load

import (
	"os"
	"testing"

	"wschat/hub/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }
