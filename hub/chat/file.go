package chat

import (
	"bytes"
	"encoding/json"
)

// File is what a message says of the file that comes with it.
type File struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	Type   string `json:"type"` // media type, by the first bytes
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"` // of a picture; 0: not known
}

// Text writes f as Message.File has it.
func (f File) Text() string {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		panic("chat: file: " + err.Error()) // strings and numbers can be encoded
	}
	return string(bytes.TrimSuffix(text.Bytes(), []byte{'\n'}))
}

// ParseFile reads a Message.File; false: there is none.
func ParseFile(text string) (f File, ok bool) {
	return f, text != "" && json.Unmarshal([]byte(text), &f) == nil
}
