package load

import (
	"os"
	"testing"

	"wschat/frame/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }
