package trust

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"enid/plan"
)

// ReviewNamespace is for which reviews are signed with SSH keys.
const ReviewNamespace = "enid-review"

// maxReview is the most that is read of a file of reviews: some ten thousand.
const maxReview = 1 << 20

// Reviews is a file of certificates that were reviewed, a line each, with anything
// after a space; lines that begin with # are comments. It is signed as a whole, by
// FILE.sig (ssh-keygen -Y sign -n enid-review) or FILE.asc (gpg --armor --detach-sign).
type Reviews struct {
	File string
	Keys *Keys
}

// Reviewed answers who signed that the certificate was reviewed. It reads file,
// signature and keys anew. Whatever is wrong with one of them, nothing is reviewed.
func (r Reviews) Reviewed(certificate string, at time.Time) (Signer, error) {
	ring, err := r.Keys.Ring()
	if err != nil {
		return Signer{}, err
	}
	text, err := readBounded(r.File, maxReview)
	if err != nil {
		return Signer{}, fmt.Errorf("reviews: %w", err)
	}
	signer, err := r.signer(ring, text, at)
	if err != nil {
		return Signer{}, err
	}
	reviewed, err := parseReviews(text)
	if err != nil {
		return Signer{}, fmt.Errorf("reviews: %s:%w", r.File, err)
	}
	if !reviewed[certificate] {
		return Signer{}, fmt.Errorf("reviews: %s, signed by %s, does not have it", r.File, signer)
	}
	return signer, nil
}

// signer answers who signed the text by one of the files beside it.
func (r Reviews) signer(ring *Ring, text []byte, at time.Time) (Signer, error) {
	var errs []error
	for _, name := range []string{r.File + ".sig", r.File + ".asc"} {
		signature, err := readBounded(name, maxSignature)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			var signer Signer
			if signer, err = ring.Verify(text, signature, ReviewNamespace, at); err == nil {
				return signer, nil
			}
			err = fmt.Errorf("%s does not count: %w", name, err)
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return Signer{}, fmt.Errorf("reviews: %s is not signed: there is neither %[1]s.sig nor %[1]s.asc", r.File)
	}
	return Signer{}, fmt.Errorf("reviews: %w", errors.Join(errs...))
}

// parseReviews answers the certificates of the text. The error begins with the line.
func parseReviews(text []byte) (map[string]bool, error) {
	reviewed := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxReview+1)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		certificate, err := plan.ParseCertificate(fields[0])
		if err != nil {
			return nil, fmt.Errorf("%d: %w", n, err)
		}
		reviewed[certificate] = true
	}
	return reviewed, lines.Err()
}
