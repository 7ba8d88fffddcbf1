//go:build e2e || soak

package target

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// files is for uploads and downloads: a connection for each, so that none is left to be counted.
var files = http.Client{Timeout: 2 * Patience, Transport: &http.Transport{DisableKeepAlives: true}}

// Upload uploads a file of so many bytes, and returns its id, and the status and the text of
// the answer.
func (s *Server) Upload(user, name string, size int64, body io.Reader) (id string, status int, answer string) {
	s.t.Helper()
	address := "http://" + s.Addr + "/files?userId=" + url.QueryEscape(user) + "&name=" + url.QueryEscape(name)
	request, err := http.NewRequest(http.MethodPost, address, body)
	if err != nil {
		s.t.Fatal(err)
	}
	request.ContentLength = size
	response, err := files.Do(request)
	if err != nil {
		return "", 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", response.StatusCode, err.Error()
	}
	var stored struct{ File string }
	if response.StatusCode == http.StatusCreated {
		err = json.Unmarshal(text, &stored)
	}
	if err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	return stored.File, response.StatusCode, string(text)
}

// File returns the status of a GET for a file, and how many bytes come.
func (s *Server) File(id string) (status int, size int64) {
	s.t.Helper()
	response, err := files.Get("http://" + s.Addr + "/files/" + id)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	size, err = io.Copy(io.Discard, response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, size
}
