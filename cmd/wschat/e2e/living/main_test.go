//go:build e2e && linux

package living

import (
	"os"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

func TestMain(m *testing.M) { os.Exit(target.Main(m)) }
