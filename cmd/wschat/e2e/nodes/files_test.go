//go:build e2e && linux

package nodes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
	"wschat/hub/redis/redistest"
)

// PROTOCOL 10, with a directory that all nodes share: a file is sent once, through whichever node;
// a send that is repeated at another one, though its node has died, is the same; deleting the
// message there deletes the file.
func TestNodesFiles(t *testing.T) {
	t.Parallel()
	nodes := startNodes(t, 2, redistest.Start(t).URL(), "-files", t.TempDir())
	clients := []*target.Client{jsonClient(t, nodes[0], "A"), jsonClient(t, nodes[1], "A")}
	for round := range 20 {
		id := uploaded(t, nodes[round%2])
		for i, c := range clients { // both at once
			if err := c.SendText(fmt.Sprintf(`{"op":"send","id":"%d of %d","to":"all","file":%q}`, i, round, id)); err != nil {
				t.Fatal(err)
			}
		}
		acks := 0
		for _, c := range clients {
			if e := answer(t, c); e.Event == "ack" {
				acks++
			} else if e.Code != "not_found" {
				t.Errorf("got %+v", e)
			}
		}
		if acks != 1 {
			t.Fatalf("in round %d, %d are acknowledged", round, acks)
		}
	}
	id := uploaded(t, nodes[0])
	send := fmt.Sprintf(`{"op":"send","id":"last","to":"all","file":%q}`, id)
	first := ask(t, clients[0], send)
	nodes[0].Kill()
	if again := ask(t, clients[1], send); first.Event != "ack" || again != first {
		t.Errorf("at first %+v, again %+v", first, again)
	}
	if status, size := nodes[1].File(id); status != http.StatusOK || size != 5 {
		t.Errorf("it is %d, %d bytes", status, size)
	}
	if e := ask(t, clients[1], fmt.Sprintf(`{"op":"send","id":"delete","to":"all","delete":%d}`, first.Seq)); e.Event != "ack" {
		t.Errorf("the deletion: %+v", e)
	}
	if status, _ := nodes[1].File(id); status != http.StatusNotFound {
		t.Errorf("after the deletion it is %d", status)
	}
}

func uploaded(t *testing.T, s *target.Server) (id string) {
	t.Helper()
	id, status, text := s.Upload("A", "name", 5, strings.NewReader("hello"))
	if status != http.StatusCreated {
		t.Fatalf("an upload: %d %s", status, text)
	}
	return id
}

func jsonClient(t *testing.T, s *target.Server, user string) *target.Client {
	t.Helper()
	c, err := s.OpenWith("/socket?userId="+user, handshake.Dialer{Protocols: []string{"wschat.v1.json"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Conn.Close() })
	c.Conn.SetDeadline(time.Now().Add(2 * target.Patience))
	return c
}

// answered is an ack, or an error.
type answered struct {
	Event, Code string
	Seq         uint64
}

func ask(t *testing.T, c *target.Client, request string) answered {
	t.Helper()
	if err := c.SendText(request); err != nil {
		t.Fatal(err)
	}
	return answer(t, c)
}

// answer reads until the next answer.
func answer(t *testing.T, c *target.Client) (a answered) {
	t.Helper()
	for a.Event != "ack" && a.Event != "error" {
		text, err := c.NextText()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatal(err)
		}
	}
	return answered{a.Event, a.Code, a.Seq}
}
