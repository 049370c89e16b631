package guest

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"enid/plan"
	"enid/schema"
)

// KindFile is the kind of files that a distribution configures interfaces from.
const KindFile schema.Kind = "File"

// File is a file that the distribution reads at boot.
type File struct {
	Path    string // absolute, as the distribution has it
	Mode    uint32 // permission bits
	Content string // of files with a mark of this Host's only
	Ours    bool   // its first line is this Host's Mark
	// Exported says that its first line is this Host's ExportMark: the operator's, who
	// had it made. It is left where it is, and serves where it says what is wanted.
	Exported bool
	Other    bool // its first line is another Host's
	Folder   bool // it is a folder, one of Folders
	// Format and Host say which export it is; nothing on the disk does.
	Format, Host string
}

// Ref answers File/PATH.
func (f File) Ref() plan.Ref { return plan.Ref{Kind: KindFile, Name: f.Path} }

// Interface answers none: a file takes effect at boot, or when a person says so.
func (File) Interface() string { return "" }

// Chain answers the file's own: no file needs another.
func (f File) Chain() string { return f.Path }

// serves reports whether a file on the disk says what a wanted one would.
func (f File) serves(want File) bool {
	_, is, _ := strings.Cut(f.Content, "\n")
	_, body, _ := strings.Cut(want.Content, "\n")
	return (f.Ours || f.Exported) && f.Mode == want.Mode && is == body
}

// Differs compares files of enid's own.
func (f File) Differs(is, want plan.Object) []plan.Change {
	a, _ := is.(File)
	b, _ := want.(File)
	if b.Ours && a.serves(b) {
		return nil
	}
	return ownDiffers("file", f.Ref(), a.Ours, b.Ours, false)
}

// Every file of enid's begins with one of these and a number that says of which Host.
const (
	markPrefix   = "# enid: written by enid for Host "
	exportPrefix = "# enid: exported by enid for Host "
	markSuffix   = "; do not edit"
)

// Mark answers the first line of the files that enid keeps for a Host. It names the
// Host by a number, since no text of a topology is written where shells read.
func Mark(host string) string { return markPrefix + number(host) + markSuffix }

// ExportMark answers the first line of files that were exported for a Host.
func ExportMark(host string) string { return exportPrefix + number(host) + markSuffix }

func number(host string) string {
	sum := sha256.Sum256([]byte(host))
	return hex.EncodeToString(sum[:6])
}

// Read answers the file with its content, judged by its first line as one of that
// Host's.
func (f File) Read(host, content string) File {
	first, _, _ := strings.Cut(content, "\n")
	switch {
	case first == Mark(host):
		f.Ours, f.Content = true, content
	case first == ExportMark(host):
		f.Exported, f.Content = true, content
	default:
		f.Other = strings.HasPrefix(first, markPrefix) || strings.HasPrefix(first, exportPrefix)
	}
	return f
}

// Places are the patterns of the files that enid may write, as path.Match has them.
var Places = []string{
	ifcfgDir + "/ifcfg-*", ifcfgDir + "/route-*", ifcfgDir + "/route6-*", ifcfgDir + "/rule-*", ifcfgDir + "/rule6-*",
	networkdDir + "/" + networkdName + "*.network", networkdDir + "/" + networkdName + "*.link",
	netplanDir + "/" + netplanName + "*.yaml", networkdDir + "/" + dropInName + "*.network.d/" + dropInFile,
}

// Folders are where distributions read; one that is not there says that this
// distribution reads files of another format.
var Folders = []string{ifcfgDir, networkdDir, netplanDir}

// plainName are the interface names that may stand in files that shells source. The
// kernel takes nearly any byte in a name.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// plainMAC is what a MAC looks like in such files.
var plainMAC = regexp.MustCompile(`^([0-9a-f]{2}:){5}[0-9a-f]{2}$`)
