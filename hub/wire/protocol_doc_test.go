package wire

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// PROTOCOL.md has an example of each request and event, with each of their members. That they
// are right is tested in hub.
func TestProtocolIsWhole(t *testing.T) {
	text, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	requests, events := examples(t, string(text), ">"), examples(t, string(text), "<")
	for _, op := range opNames[Send:] {
		if op != "" && !requests["op "+op] {
			t.Errorf("no example of the op %s", op)
		}
	}
	for _, field := range fieldNames {
		if !requests[field] {
			t.Errorf("no example of %q in a request", field)
		}
	}
	for _, field := range eventFields(t) {
		if !events[field] {
			t.Errorf("no example of %q in an event", field)
		}
	}
	for what := range events {
		name, ok := strings.CutPrefix(what, "event ")
		if ok && !regexp.MustCompile("(?m)^\\| .*`"+name+"`.* \\|").MatchString(string(text)) {
			t.Errorf("no row for the event %s", name)
		}
	}
	source, err := os.ReadFile("../chat/error.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range regexp.MustCompile(`newError\("(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		if !strings.Contains(string(text), "\n| `"+code[1]+"` |") {
			t.Errorf("no row for the code %s", code[1])
		}
	}
}

// examples returns the names of all members of the objects that somebody says (>) or reads (<)
// in the document, and which ops and events they are.
func examples(t *testing.T, text, sign string) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	text = regexp.MustCompile(`\n {2,}`).ReplaceAllString(text, "")
	for _, line := range regexp.MustCompile(`(?m)^\w+(?:, \w+)* `+sign+` (\{.*)$`).FindAllStringSubmatch(text, -1) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line[1]), &object); err != nil {
			t.Errorf("%s: %v", line[1], err)
		}
		for _, kind := range []string{"op", "event"} {
			found[fmt.Sprint(kind, " ", object[kind])] = object[kind] != nil
		}
		collect(object, found)
	}
	return found
}

func collect(value any, names map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			names[name] = true
			collect(v, names)
		}
	case []any:
		for _, v := range value {
			collect(v, names)
		}
	}
}

// eventFields returns the names of all members that the events of this package have.
func eventFields(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("json*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && field.Tag != nil {
				name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json"), ",")
				names = append(names, name)
			}
			return true
		})
	}
	return names
}
