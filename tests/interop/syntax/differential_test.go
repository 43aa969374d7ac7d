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
	"github.com/grafana/alloy/syntax/scanner"
	"github.com/grafana/alloy/syntax/token"
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

// tokens are those that carry the meaning of a text; commas and line ends may come and go. Raw names
// of object fields become quoted ones.
func tokens(text string) (all []string) {
	s := scanner.New(token.NewFile("test"), []byte(text), nil, 0)
	for {
		switch _, kind, literal := s.Scan(); kind {
		case token.EOF:
			return all
		case token.COMMA, token.TERMINATOR:
		default:
			if literal == "`raw`" {
				literal = `"raw"`
			}
			all = append(all, kind.String()+literal)
		}
	}
}

// isSound says whether the original's printed text still means the same, and stays as it is. (It
// also takes tabs within strings for its own, and aligns what stands behind them.)
func isSound(text, printed string) bool {
	status, again := originalFormat(printed)
	want := tokens(text)
	hasTab := slices.ContainsFunc(want, func(t string) bool { return strings.ContainsAny(t, "\t\v\f") })
	return status == "ok" && again == printed && !hasTab && slices.Equal(want, tokens(printed))
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
	failures, compared, unsound := 0, 0, 0
	for i := int64(0); i < int64(*programs); i++ {
		random := rand.New(rand.NewSource(*seed + i))
		text := generateProgram(random)
		if i%3 == 2 {
			text = mutate(random, text)
		}
		status, answer := p.ask("format", text)
		wantStatus, want := originalFormat(text)
		if wantStatus == "ok" {
			if !isSound(text, want) {
				// Ours need not be the same, but be right; the peer has looked at that.
				unsound++
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
	t.Logf("%d programs compared; %d more the original prints as something else or not stably",
		compared, unsound)
}
