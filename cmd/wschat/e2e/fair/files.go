//go:build e2e || soak

package fair

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// moveFiles uploads a file and reads it some times, over and over, as fast as it goes.
func moveFiles(m *Mob, worker, _ int) error {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}}
	c, err := d.Dial("tcp", m.Server.Addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(deedLasts))
	r := bufio.NewReader(c)
	body := strings.Repeat("x", 2<<20)
	for {
		answer, err := exchange(c, r, fmt.Sprintf("POST /files?userId=m%d HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", worker, m.Server.Addr, len(body), body))
		if err != nil {
			return err
		}
		var stored struct{ File string }
		if err := json.Unmarshal(answer, &stored); err != nil {
			return fmt.Errorf("an upload is answered with %.100q", answer)
		}
		for range 5 {
			if _, err := exchange(c, r, "GET /files/"+stored.File+" HTTP/1.1\r\nHost: "+m.Server.Addr+"\r\n\r\n"); err != nil {
				return err
			}
		}
	}
}

// exchange sends a request, and returns the body of the answer.
func exchange(c net.Conn, r *bufio.Reader, request string) ([]byte, error) {
	if _, err := io.WriteString(c, request); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}
