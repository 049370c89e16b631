package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"
)

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

func readConfig(flags *pflag.FlagSet, file string) (map[string]string, error) {
	body, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) && !flags.Changed("config") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	var raw map[string]any
	if err := yaml.UnmarshalStrict(body, &raw); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", file, err)
	}
	values := map[string]string{}
	var unknown []string
	for key, value := range raw {
		if flags.Lookup(key) == nil {
			unknown = append(unknown, key)
			continue
		}
		if list, ok := value.([]any); ok { // a flag that is repeatable
			var texts []string
			for _, v := range list {
				texts = append(texts, fmt.Sprint(v))
			}
			values[key] = strings.Join(texts, ",")
			continue
		}
		values[key] = fmt.Sprint(value)
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, fmt.Errorf("configuration %s: unknown keys %v; the flags of `enid run --help` are the keys", file, unknown)
	}
	return values, nil
}
