package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	yaml "sigs.k8s.io/yaml/goyaml.v3"

	"enid/reconcile/trust"
	"enid/schema"
)

// guarding are the flags whose empty value does without a protection: on a command
// line that is a script's variable that was not set.
var guarding = []string{"verify-keys", "require-review", "policy-path"}

// configure sets the flags that the command line leaves from the environment,
// and what that leaves from the configuration file. A key of the file that is no
// flag is an error; a file that is not there is none.
func configure(flags *pflag.FlagSet, file string) error {
	values, err := readConfig(flags, file)
	if err != nil {
		return err
	}
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Value.String() == "" && slices.Contains(guarding, f.Name) {
			errs = append(errs, fmt.Errorf("--%s is given, and empty: fill it in, or leave it out to do without", f.Name))
		}
		if f.Changed || f.Name == "help" || f.Name == "config" {
			return
		}
		name := "ENID_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, where := os.Getenv(name), name
		if value == "" {
			value, where = values[f.Name], file+": "+f.Name
		}
		if value == "" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		}
	})
	return errors.Join(errs...)
}

// readConfig answers the file's values as they are written: a tag 1.10 is no number,
// and a branch "on" no boolean.
func readConfig(flags *pflag.FlagSet, file string) (map[string]string, error) {
	body, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) && !flags.Changed("config") {
		return nil, nil
	}
	if err == nil {
		err = trust.Guarded(file)
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	keys, err := mapping(body)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", file, err)
	}
	values := map[string]string{}
	var unknown []error
	for i := 0; i < len(keys); i += 2 {
		key := keys[i].Value
		if flags.Lookup(key) == nil {
			unknown = append(unknown, fmt.Errorf("configuration %s:%d: %w", file, keys[i].Line, unknownKey(flags, key)))
			continue
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("configuration %s:%d: %s stands there twice", file, keys[i].Line, key)
		}
		if values[key], err = valueOf(keys[i+1]); err != nil {
			return nil, fmt.Errorf("configuration %s:%d: %s: %w", file, keys[i].Line, key, err)
		}
	}
	return values, errors.Join(unknown...)
}

// unknownKey says which key may have been meant.
func unknownKey(flags *pflag.FlagSet, key string) error {
	const are = "(the flags of `enid run --help` are the keys)"
	if name := nearestFlag(flags, strings.ReplaceAll(key, "_", "-")); name != "" {
		return fmt.Errorf("unknown key %q: did you mean %q? %s", key, name, are)
	}
	return fmt.Errorf("unknown key %q %s", key, are)
}

// nearestFlag answers the flag whose name is nearest, or "".
func nearestFlag(flags *pflag.FlagSet, name string) string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return schema.Nearest(name, names)
}

// mapping answers keys and values of the one document that a file may hold: what
// stands in a second one would be settings that somebody relies on, and nobody reads.
func mapping(body []byte) ([]*yaml.Node, error) {
	in := yaml.NewDecoder(bytes.NewReader(body))
	var first, second yaml.Node
	err := in.Decode(&first)
	if errors.Is(err, io.EOF) {
		return nil, nil // nothing but comments
	}
	if err == nil {
		if err = in.Decode(&second); errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			err = errors.New("it holds more than one document; take out the ---")
		}
	}
	if err != nil {
		return nil, err
	}
	switch root := first.Content[0]; {
	case root.Tag == "!!null":
		return nil, nil
	case root.Kind == yaml.MappingNode:
		return root.Content, nil
	}
	return nil, errors.New("it is no mapping of keys to values")
}

// valueOf answers a value as a flag takes it; a list is of a flag that is repeatable.
func valueOf(n *yaml.Node) (string, error) {
	if n.Kind == yaml.SequenceNode {
		texts := make([]string, len(n.Content))
		for i, one := range n.Content {
			if one.Kind != yaml.ScalarNode || one.Tag == "!!null" || strings.Contains(one.Value, ",") {
				return "", errors.New("give a list of texts without commas")
			}
			texts[i] = one.Value
		}
		return strings.Join(texts, ","), nil
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return "", errors.New("give a text, or take the key out")
	}
	return n.Value, nil
}
