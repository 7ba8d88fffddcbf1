//go:build !linux

package load

import (
	"context"
	"errors"
	"net"
)

const canConnectBare = false

func connectBare(context.Context, *Config, string, *net.TCPAddr, *Result) error {
	return errors.ErrUnsupported
}
