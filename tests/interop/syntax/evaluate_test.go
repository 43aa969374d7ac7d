package syntax

import (
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grafana/alloy/syntax/parser"
	"github.com/grafana/alloy/syntax/vm"
)

// originalEvaluate answers as the peer does.
func originalEvaluate(text string) (status, answer string) {
	defer func() {
		if r := recover(); r != nil {
			status, answer = "panic", fmt.Sprint(r)
		}
	}()
	expression, err := parser.ParseExpression(text)
	if err != nil {
		return "errors", err.Error()
	}
	var value any
	if err := vm.New(expression).Evaluate(nil, &value); err != nil {
		return "errors", err.Error()
	}
	return "ok", spell(reflect.ValueOf(value))
}

// originalEvaluateInTime gives up on expressions with which the original never comes to an end.
func originalEvaluateInTime(text string) (status, answer string) {
	type result struct{ status, answer string }
	done := make(chan result, 1)
	go func() {
		status, answer := originalEvaluate(text)
		done <- result{status, answer}
	}()
	select {
	case r := <-done:
		return r.status, r.answer
	case <-time.After(2 * time.Second):
		return "endless", ""
	}
}

// spell writes a value as the peer does.
func spell(value reflect.Value) string {
	for value.IsValid() && (value.Kind() == reflect.Interface || value.Kind() == reflect.Pointer) {
		value = value.Elem()
	}
	if !value.IsValid() {
		return "null"
	}
	switch value.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(value.Bool())
	case reflect.String:
		return strconv.Quote(value.String())
	case reflect.Float64, reflect.Float32:
		if math.IsNaN(value.Float()) {
			return "float NaN"
		}
		return fmt.Sprintf("float %016x", math.Float64bits(value.Float()))
	case reflect.Slice, reflect.Array:
		var out strings.Builder
		for i := range value.Len() {
			out.WriteString(spell(value.Index(i)) + ",")
		}
		return "[" + out.String() + "]"
	case reflect.Map:
		var members []string
		for _, key := range value.MapKeys() {
			members = append(members, strconv.Quote(key.String())+"="+spell(value.MapIndex(key))+",")
		}
		slices.Sort(members)
		return "{" + strings.Join(members, "") + "}"
	case reflect.Func:
		return "function"
	}
	if value.CanInt() {
		return fmt.Sprintf("int %d", value.Int())
	}
	if value.CanUint() {
		if value.Uint() <= math.MaxInt64 {
			return fmt.Sprintf("int %d", value.Uint())
		}
		return fmt.Sprintf("uint %d", value.Uint())
	}
	return "capsule"
}

// isKnownDifference tells where ours is meant to differ, or may: the JSONPath library makes texts of
// integers of 19 digits; YAML with a key that is no text becomes an object of Go's inner words; and of powers, which may differ in their last digits, a text is made, or the
// remainder, or the integer part.
func isKnownDifference(text string) bool {
	has := func(part string) bool { return strings.Contains(text, part) }
	return has("json_path") && (has("922337203685477580") || has("1844674407370955161")) ||
		has("from_yaml") && has("{}") ||
		has("^") && (has("to_json") || has("format") || has(" % ") || has("=="))
}

var floatBits = regexp.MustCompile(`float [0-9a-f]{16}`)

// isNear says whether two spellings are the same but for the last digits of floating numbers: powers
// are computed by another algorithm.
func isNear(a, b string) bool {
	if a == b {
		return true
	}
	if floatBits.ReplaceAllString(a, "") != floatBits.ReplaceAllString(b, "") {
		return false
	}
	all := floatBits.FindAllString(b, -1)
	for i, spelled := range floatBits.FindAllString(a, -1) {
		x, _ := strconv.ParseUint(spelled[6:], 16, 64)
		y, _ := strconv.ParseUint(all[i][6:], 16, 64)
		if max(x, y)-min(x, y) > 1<<12 {
			return false
		}
	}
	return true
}

func TestEvaluatesLikeTheOriginal(t *testing.T) {
	p := startPeer(t)
	failures, values, errors, messages, lenient := 0, 0, 0, 0, 0
	for i := int64(0); i < int64(*programs); i++ {
		text := generateExpression(rand.New(rand.NewSource(*seed + i)))
		status, answer := p.ask("evaluate", text)
		wantStatus, want := originalEvaluateInTime(text)
		if wantStatus == "panic" || wantStatus == "endless" {
			continue // Ours has answered.
		}
		if status == "ok" && strings.Contains(want, "encoding.from_yaml yaml: ") {
			lenient++ // Our YAML library reads some texts that theirs refuses.
			continue
		}
		if wantStatus == "errors" && status == "errors" {
			errors++
			if answer == want {
				messages++
			} else {
				t.Logf("seed %d: other words for the mistake in %s:\n  %s\n  %s", *seed+i, text, want, answer)
			}
			continue
		}
		if isKnownDifference(text) {
			continue
		}
		values++
		if status == wantStatus && isNear(answer, want) {
			continue
		}
		t.Errorf("seed %d: %s\n  original (%s): %s\n  ours (%s):     %s", *seed+i, text, wantStatus, want, status,
			answer)
		if failures++; failures == 30 {
			t.Fatal("too many differences")
		}
	}
	t.Logf("%d values compared, and %d mistakes, %d of them in the same words; %d texts of YAML read leniently",
		values, errors, messages, lenient)
}
