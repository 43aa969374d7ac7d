// Package syntax compares our implementation of the configuration language with the original one,
// on random programs.
package syntax

import (
	"math/rand"
	"strings"
)

// generator writes random programs: the grammar decides on the tokens, chance on the blanks, line
// ends and comments between them.
type generator struct {
	random *rand.Rand
	out    strings.Builder
	depth  int
}

// generateProgram returns a program that parses.
func generateProgram(random *rand.Rand) string {
	g := &generator{random: random}
	g.gap(true)
	g.body()
	return g.out.String()
}

// mutate makes a few small changes, after which the program may no longer parse.
func mutate(random *rand.Rand, program string) string {
	pieces := []string{"{", "}", "(", ")", "[", "]", ",", "=", ".", "\n", "\"", "`", "'", "//", "/*",
		"*/", "a", "1", "1e", "|", "&", "true", " ", "\t", "\x00", "\xff", "é", "\ufeff", "\\", "\\x1",
		"\r", "#", "^", "!", "-", "☃"}
	text := []byte(program)
	for edits := 1 + random.Intn(3); edits > 0; edits-- {
		at := random.Intn(len(text) + 1)
		end := min(len(text), at+random.Intn(4))
		if random.Intn(2) == 0 {
			text = append(text[:at:at], text[end:]...)
		} else {
			piece := pieces[random.Intn(len(pieces))]
			text = append(text[:at:at], append([]byte(piece), text[at:]...)...)
		}
	}
	return string(text)
}

func (g *generator) chance(percent int) bool       { return g.random.Intn(100) < percent }
func (g *generator) pick(choices ...string) string { return choices[g.random.Intn(len(choices))] }
func (g *generator) write(text string)             { g.out.WriteString(text) }

// gap writes what may stand between two tokens; across says whether a line end may.
func (g *generator) gap(across bool) {
	for g.chance(30) {
		switch {
		case across && g.chance(30):
			g.lineEnd()
		case g.chance(10):
			g.write(g.pick("/* c */", "/**/", "/* two */ /* three */", "/*é*/"))
		default:
			g.write(g.pick(" ", "  ", "\t"))
		}
	}
}

// lineEnd writes a line end, perhaps behind a comment, perhaps with more lines.
func (g *generator) lineEnd() {
	if g.chance(20) {
		g.write(g.pick("// line", "//", "/* block */", "// trailing  ", "/* two\nlines */", "//\tü"))
	}
	g.write(g.pick("\n", "\n", "\n", "\r\n"))
	for g.chance(20) {
		g.write(g.pick("\n", "// alone\n", "  // indented\n", "/* a\n  b */\n", "\t\n"))
	}
}

func (g *generator) token(text string, acrossAfter bool) {
	g.write(text)
	g.gap(acrossAfter)
}

func (g *generator) name() string {
	return g.pick("a", "b", "abc", "a_longer_name", "x1", "é", "名前", "_", "_private9")
}

func (g *generator) body() {
	for statements := g.random.Intn(5); statements > 0; statements-- {
		g.gap(true)
		if g.depth < 4 && g.chance(35) {
			g.block()
		} else {
			g.attribute()
		}
		g.gap(false)
		g.lineEnd()
	}
}

func (g *generator) block() {
	g.depth++
	g.token(g.name(), false)
	for g.chance(40) {
		g.token(".", false)
		g.token(g.name(), false)
	}
	if g.chance(50) {
		g.write(" ")
		g.token("\""+g.name()+"\"", false)
	}
	g.write("{")
	switch {
	case g.chance(60):
		g.gap(true)
		g.lineEnd()
		g.body()
		g.gap(true)
	case g.chance(50):
		g.gap(true)
		g.attribute()
	default:
		g.gap(true)
	}
	g.write("}")
	g.depth--
}

func (g *generator) attribute() {
	g.token(g.name(), false)
	g.token("=", true)
	g.expression()
}

func (g *generator) expression() {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 7 || g.chance(40) {
		g.simple()
		return
	}
	switch g.random.Intn(8) {
	case 0:
		g.token(g.pick("!", "-"), true)
		g.expression()
	case 1:
		g.expression()
		g.gap(false)
		g.write(" ")
		g.token(g.pick("+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "&&", "||"), true)
		g.expression()
	case 2:
		g.token("(", true)
		g.expression()
		g.gap(false)
		g.write(")")
	case 3:
		g.write(g.name())
		g.list("(", ")", g.expression)
	case 4:
		g.write(g.name())
		g.gap(false)
		g.token("[", true)
		g.expression()
		g.gap(false)
		g.write("]")
	case 5:
		g.write(g.name())
		for more := true; more; more = g.chance(40) {
			g.gap(false)
			g.token(".", true)
			g.write(g.name())
		}
	case 6:
		g.list("[", "]", g.expression)
	default:
		g.list("{", "}", g.field)
	}
}

func (g *generator) list(open, shut string, item func()) {
	g.token(open, true)
	for items := g.random.Intn(4); items > 0; items-- {
		item()
		g.gap(false)
		if items > 1 || g.chance(40) {
			g.token(",", true)
		}
	}
	g.write(shut)
}

func (g *generator) field() {
	if g.chance(60) {
		g.token(g.name(), false)
	} else {
		g.token(g.pick(`"key"`, `"a b"`, `"é"`, `""`, "`raw`", `"not so short"`, `"\"q\\"`, "`\\`"), false)
	}
	g.token("=", true)
	g.expression()
}

func (g *generator) simple() {
	g.write(g.pick("1", "0", "12.5", "1e3", ".5", "true", "false", "null", `"text"`, `""`, `"é\n\x41"`,
		`"\u00e9 \" \\"`, "`raw`", "`two\nlines`", "`three\n\nlines\n`", "`tab\t\n\tand blanks \n`", "name", "名前"))
}
