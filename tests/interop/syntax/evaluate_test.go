package syntax

import (
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

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
		return fmt.Sprintf("uint %d", value.Uint())
	}
	return "capsule"
}

func TestEvaluatesLikeTheOriginal(t *testing.T) {
	p := startPeer(t)
	failures, values, errors, messages := 0, 0, 0, 0
	for i := int64(0); i < int64(*programs); i++ {
		text := generateExpression(rand.New(rand.NewSource(*seed + i)))
		status, answer := p.ask("evaluate", text)
		wantStatus, want := originalEvaluate(text)
		if wantStatus == "panic" && status == "errors" {
			continue // The original crashes.
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
		values++
		if status == wantStatus && answer == want {
			continue
		}
		t.Errorf("seed %d: %s\n  original (%s): %s\n  ours (%s):     %s", *seed+i, text, wantStatus, want, status,
			answer)
		if failures++; failures == 30 {
			t.Fatal("too many differences")
		}
	}
	t.Logf("%d values compared, and %d mistakes, %d of them in the same words", values, errors, messages)
}
