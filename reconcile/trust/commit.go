package trust

import (
	"bytes"
	"fmt"
	"time"
)

// gitNamespace is for which git signs commits and tags with SSH keys.
const gitNamespace = "git"

// VerifyCommit answers who signed a git commit, given as git stores it, without the
// object's header. What is signed is the commit without its signature. A tag is signed
// for git as well: what does not begin as a commit does is none, whoever signed it.
func (r *Ring) VerifyCommit(raw []byte, at time.Time) (Signer, error) {
	message, signature, err := splitCommit(raw)
	if err != nil {
		return Signer{}, err
	}
	return r.Verify(message, signature, gitNamespace, at)
}

// splitCommit takes the signature out of the commit's headers. Its further lines
// begin with a space each. A second one would leave open which of them counts.
func splitCommit(raw []byte) (message, signature []byte, err error) {
	headers, body, found := bytes.Cut(raw, []byte("\n\n"))
	if !found {
		headers, body = bytes.TrimSuffix(raw, []byte("\n")), nil
	}
	inside, count := false, 0
	for _, line := range bytes.SplitAfter(append(bytes.Clone(headers), '\n'), []byte("\n")) {
		switch rest, begins := cutHeader(line); {
		case begins && !bytes.Contains(message, []byte("\ncommitter ")):
			// Readers take the headers before it for all there are: its parents, its author.
			return nil, nil, fmt.Errorf("%w: the signature stands before the committer, where git puts none", ErrMalformed)
		case begins:
			inside, count = true, count+1
			signature = append(signature, rest...)
		case inside && bytes.HasPrefix(line, []byte(" ")):
			signature = append(signature, line[1:]...)
		default:
			inside = false
			message = append(message, line...)
		}
	}
	switch {
	case !bytes.HasPrefix(message, []byte("tree ")):
		return nil, nil, fmt.Errorf("%w: it is no commit, which begins with its tree", ErrMalformed)
	case count == 0:
		return nil, nil, ErrUnsigned
	case count > 1:
		return nil, nil, fmt.Errorf("%w: the commit has more than one signature", ErrMalformed)
	case found:
		message = append(append(message, '\n'), body...)
	}
	return message, signature, nil
}

// cutHeader cuts the name of a signature's header, of either hash of git.
func cutHeader(line []byte) (rest []byte, ok bool) {
	if rest, ok = bytes.CutPrefix(line, []byte("gpgsig ")); ok {
		return rest, true
	}
	return bytes.CutPrefix(line, []byte("gpgsig-sha256 "))
}
