package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// told is what a URL was told last, by subject.
type told map[string]string

func (t told) clone() told { return maps.Clone(t) }

// readTold reads it; a file that is not there, or is none of ours, says nothing, so
// that at worst something is told twice.
func readTold(file string) (told, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return told{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what was told last: %w", err)
	}
	t := told{}
	if json.Unmarshal(text, &t) != nil {
		return told{}, nil
	}
	return t, nil
}

// write replaces the file as a whole: a crash leaves the one or the other.
func (t told) write(file string) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(file), ".told-*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name()) // gone where it was renamed
	_, err = next.Write(text)
	if err = errors.Join(err, next.Close()); err != nil {
		return err
	}
	return os.Rename(next.Name(), file)
}
