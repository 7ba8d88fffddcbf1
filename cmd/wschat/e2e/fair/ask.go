//go:build e2e || soak

package fair

import (
	"errors"
	"fmt"
	"strings"

	"wschat/cmd/wschat/e2e/target"
)

// errRefused is what the server answers.
var errRefused = errors.New("refused")

// ask says something, and waits for the answer that has want in it.
func ask(c *target.Client, say, want string) (string, error) {
	if err := c.SendText(say); err != nil {
		return "", err
	}
	return await(c, want)
}

// await reads until a text that has want in it. An error that the server tells wraps
// errRefused.
func await(c *target.Client, want string) (string, error) {
	for {
		text, err := c.NextText()
		switch {
		case err != nil:
			return "", fmt.Errorf("while waiting for %.40q: %w", want, err)
		case strings.Contains(text, want):
			return text, nil
		case strings.HasPrefix(text, "错误:"), strings.HasPrefix(text, `{"event":"error"`):
			return "", fmt.Errorf("%w: %.200s", errRefused, text)
		}
	}
}
