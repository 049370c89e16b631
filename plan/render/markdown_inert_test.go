package render

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"
)

// hostile are texts that mean something to GitHub, GitLab or markdown.
var hostile = []string{
	"@team/all", "#1", "GH-1", "org/repo#1", "deadbeef", "https://evil.example/x", "www.evil.example", "a@evil.example", "mailto:a@evil.example",
	"[x](https://evil.example)", "![x](https://evil.example/p.png)", "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</details>", "<!--", "-->",
	"a|b", `a\|b`, `a\`, "`", "``", "```\n# x\n```", "~~~", "````", "x\n# heading", "x\n\n# heading", "\r\n---\r\n", ":tada:", "[^1]", "[^1]: x", "$x$", "$`x`$",
	"- [x] done", "> [!NOTE]\n> x", "/merge", "\n/merge", "!1", "%1", "~bug", "&1", "$1", "\u202eabc", "a\u200bb", "&lt;b&gt;", "&#64;team", "**b**", "__b__", "~~s~~",
	"[[_TOC_]]", "{+ x +}", "*", "-", "+", "1.", "1)", "#", "=", "===", " ", "\t", "\x00", "\xff", "<a@b.example>", "<https://evil.example>", "[x]: https://evil.example", "::error::x",
	" `x` ", "`` ` ``", "(x)", "](https://evil.example)", "x](y", "<details>", "%%{init: {}}%%", "日本語", "🙂", "]]>", "<?php", "<![CDATA[", "\\", "\\`", "`\\", "|", "\\\\|",
}

var engine = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))

// outline answers the document as a reader would see its frame: every block and
// every element that is no text, code or emphasis of ours.
func outline(doc string) string {
	var b strings.Builder
	source := []byte(doc)
	depth := 0
	_ = ast.Walk(engine.Parser().Parse(gmtext.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			depth--
			return ast.WalkContinue, nil
		}
		depth++
		switch n := n.(type) {
		case *ast.Text, *ast.String, *ast.CodeSpan:
			// Which of the words stand in code is what differs.
		case *ast.HTMLBlock:
			lines := n.Lines()
			for i := range lines.Len() {
				line := lines.At(i)
				fmt.Fprintf(&b, "%d html %s\n", depth, element1.ReplaceAllString(strings.TrimSpace(string(line.Value(source))), "<code></code>"))
			}
		case *ast.FencedCodeBlock:
			fmt.Fprintf(&b, "%d fence %s\n", depth, n.Language(source))
		case *ast.Heading:
			fmt.Fprintf(&b, "%d heading %d\n", depth, n.Level)
		default:
			fmt.Fprintf(&b, "%d %s\n", depth, n.Kind())
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// element1 is a code element that holds no markup.
var element1 = regexp.MustCompile(`<code>[^<>]*</code>`)

// TestMarkdownInert: whatever the tree says, the document's frame is that of a
// harmless one.
func TestMarkdownInert(t *testing.T) {
	want := outline(Markdown(told("harmless"), MarkdownOptions{}))
	for _, bad := range []string{"Link", "AutoLink", "Image", "RawHTML", "Footnote"} {
		if strings.Contains(want, " "+bad+"\n") {
			t.Errorf("the report has a %s of its own", bad)
		}
	}
	for _, s := range hostile {
		inert(t, want, s)
	}
}

func inert(t *testing.T, want, s string) {
	t.Helper()
	doc := Markdown(told(s), MarkdownOptions{})
	if got := outline(doc); got != want {
		t.Errorf("%q changes the document:\n%s", s, difference(want, got))
	}
	if !utf8.ValidString(doc) {
		t.Errorf("%q: the document is not UTF-8", s)
	}
	for line := range strings.Lines(doc) {
		if strings.HasPrefix(line, "/") || strings.HasPrefix(line, "::") {
			t.Errorf("%q: a line begins with a command: %s", s, line)
		}
	}
}

// difference answers the first line that is not the same.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range w {
		if i >= len(g) || w[i] != g[i] {
			return fmt.Sprintf("line %d: wanted %q, got %q", i, w[i], g[min(i, len(g)-1)])
		}
	}
	return "it is longer"
}

// FuzzMarkdown: the same for any text.
func FuzzMarkdown(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	want := outline(Markdown(told("harmless"), MarkdownOptions{}))
	f.Fuzz(func(t *testing.T, s string) {
		if s != "" && len(s) < 1000 { // what says nothing is not shown at all
			inert(t, want, s)
		}
	})
}

// TestMarkdownGitHub: the engine that GitHub uses finds no link, image, heading or
// element in what is hostile either.
func TestMarkdownGitHub(t *testing.T) {
	if _, err := exec.LookPath("cmark-gfm"); err != nil {
		t.Skip("cmark-gfm is not installed")
	}
	render := func(doc string) string {
		c := exec.Command("cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist", "-e", "footnotes")
		c.Stdin, c.Stderr = strings.NewReader(doc), os.Stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("cmark-gfm: %v", err)
		}
		return frame(string(out))
	}
	want := render(Markdown(told("harmless"), MarkdownOptions{}))
	for _, s := range hostile {
		if got := render(Markdown(told(s), MarkdownOptions{})); got != want {
			t.Errorf("%q changes the document:\n%s", s, difference(want, got))
		}
	}
}

var (
	tag    = regexp.MustCompile(`</?[a-z][^>]*>|<!--.*?-->`)
	inline = regexp.MustCompile(`</?code>|<code class[^>]*>`)
)

// frame answers the elements of HTML, one a line, but those of code.
func frame(html string) string {
	return strings.Join(tag.FindAllString(inline.ReplaceAllString(html, ""), -1), "\n")
}
