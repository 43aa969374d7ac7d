package syntax

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/alloy/syntax/diag"
	"github.com/grafana/alloy/syntax/parser"
	"github.com/grafana/alloy/syntax/printer"
)

var (
	programs = flag.Int("programs", 3000, "how many random programs to compare")
	seed     = flag.Int64("seed", 1, "the seed of the first program; each has the next one")
)

// originalFormat answers as the peer does.
func originalFormat(text string) (status, answer string) {
	file, err := parser.ParseFile("test", []byte(text))
	var diags diag.Diagnostics
	if errors.As(err, &diags) {
		var out strings.Builder
		for _, d := range diags {
			fmt.Fprintf(&out, "%s to %d:%d\n", d.Error(), d.EndPos.Line, d.EndPos.Column)
		}
		return "errors", out.String()
	}
	var out bytes.Buffer
	if err := printer.Fprint(&out, file); err != nil {
		return "wrong", err.Error()
	}
	return "ok", out.String() + "\n"
}

// distinctLines sorts lines and drops repetitions: the original reports some mistakes within
// comments twice.
func distinctLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}

func TestFormatsLikeTheOriginal(t *testing.T) {
	p := startPeer(t)
	failures, compared, unstable := 0, 0, 0
	for i := int64(0); i < int64(*programs); i++ {
		random := rand.New(rand.NewSource(*seed + i))
		text := generateProgram(random)
		if i%3 == 2 {
			text = mutate(random, text)
		}
		status, answer := p.ask("format", text)
		wantStatus, want := originalFormat(text)
		if wantStatus == "ok" {
			if again, twice := originalFormat(want); again != "ok" || twice != want {
				// The original's own result is broken or unstable: ours only has to be sound.
				unstable++
				if status == "ok" {
					continue
				}
			}
		} else {
			answer, want = distinctLines(answer), distinctLines(want)
		}
		compared++
		if status == wantStatus && answer == want {
			continue
		}
		t.Errorf("seed %d, program:\n%s\n-- original (%s):\n%s\n-- ours (%s):\n%s", *seed+i, text,
			wantStatus, want, status, answer)
		if failures++; failures == 5 {
			t.Fatal("too many differences")
		}
	}
	t.Logf("%d programs compared, %d of which the original does not print stably", compared, unstable)
}
