package schema

import (
	"io/fs"
	"strings"
	"testing"
)

// FuzzIgnore holds that any .enidignore is read, that line ends and comments say
// nothing, and that the last line decides.
func FuzzIgnore(f *testing.F) {
	for _, text := range []string{"*.json\n!keep.json\n", "/a/**/b\n**\n!**/c/\n", "[!a-]*\\ \n\\#x\n", "a/**/**/**/b", "[", "!", "/", "\\", "**/", " \n\t\n"} {
		f.Add(text, "a/b/keep.json", false)
	}
	f.Fuzz(func(t *testing.T, text, name string, isDir bool) {
		if !fs.ValidPath(name) || name == "." {
			return
		}
		ignored := parseIgnore(text).excludes(name, isDir)
		if !strings.Contains(text, "\r") && parseIgnore(strings.ReplaceAll(text, "\n", "\r\n")).excludes(name, isDir) != ignored {
			t.Errorf("%q judges %q differently with CRLF", text, name)
		}
		if parseIgnore("# nothing\n"+text+"\n# nothing\n").excludes(name, isDir) != ignored {
			t.Errorf("%q judges %q differently with comments", text, name)
		}
		if !parseIgnore(text+"\n*\n").excludes(name, isDir) || parseIgnore(text+"\n!*\n").excludes(name, isDir) {
			t.Errorf("the last line after %q does not decide about %q", text, name)
		}
	})
}
