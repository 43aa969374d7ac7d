package syntax

import (
	"fmt"
	"math/rand"
	"strings"
)

// expressions writes random expressions that mostly have a value: each is asked for with the type
// that it should have, and now and then gets another one.
type expressions struct {
	random *rand.Rand
}

func generateExpression(random *rand.Rand) string {
	e := &expressions{random: random}
	return e.any(4)
}

func (e *expressions) pick(choices ...string) string { return choices[e.random.Intn(len(choices))] }

func (e *expressions) any(depth int) string {
	makers := []func(int) string{e.number, e.text, e.boolean, e.array, e.object}
	return makers[e.random.Intn(len(makers))](depth)
}

// or gives the wanted type, or rarely any.
func (e *expressions) or(wanted func(int) string, depth int) string {
	if e.random.Intn(100) < 4 {
		return e.any(depth)
	}
	return wanted(depth)
}

func (e *expressions) number(depth int) string {
	if depth <= 0 {
		return e.pick("0", "1", "2", "7", "100", "1.5", "0.1", "3e2", "9223372036854775807",
			"9223372036854775808", "18446744073709551615", "18446744073709551616", "1e400", "0x1f", "007",
			".25")
	}
	n := func() string { return e.or(e.number, depth-1) }
	switch e.random.Intn(7) {
	case 0:
		return "-" + n()
	case 1:
		return "(" + n() + ")"
	case 2:
		return fmt.Sprintf("%s[%s]", e.or(e.array, depth-1), e.pick("0", "1", "0.0", "5"))
	case 3:
		// The original multiplies as often as a whole exponent says, so it is a small one.
		return fmt.Sprintf("%s ^ %s", n(), e.pick("0", "1", "2", "7", "0.5", "-1"))
	default:
		return fmt.Sprintf("%s %s %s", n(), e.pick("+", "-", "*", "/", "%"), n())
	}
}

func (e *expressions) text(depth int) string {
	if depth <= 0 {
		return e.pick(`""`, `"a"`, `"b"`, `"Hello World"`, `"é\n"`, "`raw \\n`", `"a,b,c"`, `"  x  "`, `"1"`,
			`"true"`, `"aGk="`, `"{\"a\":[1,2.5,null]}"`, `"x: [1, y]"`)
	}
	s := func() string { return e.or(e.text, depth-1) }
	switch e.random.Intn(16) {
	case 0:
		return s() + " + " + s()
	case 1:
		return fmt.Sprintf("string.%s(%s)", e.pick("to_upper", "to_lower", "trim_space"), s())
	case 2:
		return fmt.Sprintf("string.%s(%s, %s)", e.pick("trim", "trim_prefix", "trim_suffix"), s(), s())
	case 3:
		return fmt.Sprintf("string.replace(%s, %s, %s)", s(), s(), s())
	case 4:
		return fmt.Sprintf("string.join(%s, %s)", e.or(e.texts, depth-1), s())
	case 5:
		return fmt.Sprintf("string.format(%s, %s)", e.pick(`"%v"`, `"%d|"`, `"%s"`, `"%q"`, `"%5.2f"`, `"%t"`,
			`"%x"`, `"%%"`, `"%08.3f"`, `"%+d"`), e.any(depth-1))
	case 6:
		return fmt.Sprintf("encoding.to_base64(%s)", s())
	case 7:
		return fmt.Sprintf("encoding.from_base64(%s)", s())
	case 8:
		return fmt.Sprintf("encoding.to_json(%s)", e.or(e.object, depth-1))
	case 9:
		return fmt.Sprintf("coalesce(%s, %s)", s(), s())
	case 10:
		return fmt.Sprintf("encoding.%s(%s)", e.pick("url_encode", "url_decode"), s())
	case 11:
		return fmt.Sprintf("convert.nonsensitive(%s)", s())
	default:
		return e.text(0)
	}
}

func (e *expressions) texts(depth int) string {
	if depth > 0 && e.random.Intn(2) == 0 {
		return fmt.Sprintf("string.split(%s, %s)", e.or(e.text, depth-1), e.pick(`","`, `""`, `"a"`))
	}
	return "[" + e.list(e.text, depth-1) + "]"
}

func (e *expressions) boolean(depth int) string {
	if depth <= 0 {
		return e.pick("true", "false")
	}
	switch e.random.Intn(6) {
	case 0:
		return "!" + e.or(e.boolean, depth-1)
	case 1:
		b := func() string { return e.or(e.boolean, depth-1) }
		return fmt.Sprintf("(%s) %s (%s)", b(), e.pick("&&", "||"), b())
	case 2:
		return fmt.Sprintf("(%s) %s (%s)", e.or(e.number, depth-1), e.pick("<", "<=", ">", ">=", "==", "!="),
			e.or(e.number, depth-1))
	case 3:
		return fmt.Sprintf("(%s) %s (%s)", e.or(e.text, depth-1), e.pick("<", ">=", "==", "!="),
			e.or(e.text, depth-1))
	case 4:
		return fmt.Sprintf("(%s) %s (%s)", e.any(depth-1), e.pick("==", "!="), e.any(depth-1))
	default:
		return e.boolean(0)
	}
}

func (e *expressions) list(element func(int) string, depth int) string {
	var elements []string
	for i := e.random.Intn(4); i > 0; i-- {
		elements = append(elements, e.or(element, depth))
	}
	return strings.Join(elements, ", ")
}

func (e *expressions) array(depth int) string {
	if depth <= 0 {
		return e.pick("[]", "[1]", `["a", "b"]`, "[1, 2.5, null]", "[[1], [2]]", "[{a = 1}]")
	}
	switch e.random.Intn(5) {
	case 0:
		return fmt.Sprintf("array.concat(%s, %s)", e.or(e.array, depth-1), e.or(e.array, depth-1))
	case 1:
		return e.texts(depth)
	case 2:
		return fmt.Sprintf("json_path(%s, %s)", e.or(e.text, depth-1), e.pick(`"$.a"`, `".a"`, `"$.a[0]"`, `"$..a"`))
	default:
		return "[" + e.list(e.any, depth-1) + "]"
	}
}

func (e *expressions) object(depth int) string {
	if depth <= 0 {
		return e.pick("{}", "{a = 1}", `{"b c" = "x", a = null}`, "{a = {b = [true]}}")
	}
	switch e.random.Intn(6) {
	case 0:
		return fmt.Sprintf("encoding.from_json(%s)", e.or(e.text, depth-1))
	case 1:
		return fmt.Sprintf("encoding.from_yaml(%s)", e.or(e.text, depth-1))
	case 2:
		return fmt.Sprintf("{a = %s}.%s", e.any(depth-1), e.pick("a", "b"))
	case 3:
		return fmt.Sprintf("{a = %s}[%s]", e.any(depth-1), e.or(e.text, 0))
	default:
		return fmt.Sprintf("{a = %s, \"b\" = %s, %s = %s}", e.any(depth-1), e.any(depth-1), e.pick("c", "a", "_d"),
			e.any(depth-1))
	}
}
