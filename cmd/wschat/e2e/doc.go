// Package e2e tests the built binary from outside: over TCP with clients of our
// own, with real wscat processes, with pages in headless Chromium and Firefox, and
// through real proxies. The tests have the build tag e2e; `make e2e` builds the binary,
// has install.sh fetch wscat, axe-core, the browsers and proxies, and runs them. By hand:
//
//	go test -tags e2e ./cmd/wschat/e2e/
//
// which builds a binary of its own. WSCHAT_BINARY names another one,
// WSCHAT_ARTEFACTS the folder for screenshots.
//
// Tests whose names begin with TestWscat, TestPage or TestProxies need the tools
// that install.sh installs; the others need nothing but Go.
//
// Nothing here waits for a time to pass. Where something must not happen, a
// test asks the server for something behind it, and the answer comes next.
package e2e
