package suite

import "context"

func Plot(ctx context.Context, c *Config) error { return nil }
