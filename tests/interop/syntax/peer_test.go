package syntax

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// peer is our program (../syntax_peer.cc) behind a pipe.
type peer struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Reader
}

func startPeer(t *testing.T) *peer {
	path := os.Getenv("SYNTAX_PEER")
	if path == "" {
		t.Fatal("SYNTAX_PEER must name the program built from syntax_peer.cc")
	}
	command := exec.Command(path)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := command.Wait(); err != nil {
			t.Errorf("the peer ended with %v", err)
		}
	})
	return &peer{t: t, in: in, out: bufio.NewReader(out)}
}

// ask sends one request and returns the answer, for which it waits a while.
func (p *peer) ask(operation, text string) (status, answer string) {
	late := time.AfterFunc(20*time.Second, func() {
		panic("no answer after 20 seconds; asked:\n" + text)
	})
	defer late.Stop()
	if _, err := fmt.Fprintf(p.in, "%s %d\n%s", operation, len(text), text); err != nil {
		p.t.Fatalf("the peer does not read: %v; asked:\n%s", err, text)
	}
	var size int
	if _, err := fmt.Fscanf(p.out, "%s %d\n", &status, &size); err != nil {
		p.t.Fatalf("no answer: %v; asked:\n%s", err, text)
	}
	bytes := make([]byte, size)
	if _, err := io.ReadFull(p.out, bytes); err != nil {
		p.t.Fatal(err)
	}
	return status, string(bytes)
}
