package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"enid/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	var all string
	c := &cobra.Command{
		Use:   "schema [KIND]",
		Short: "Print the JSON Schema of a kind, for editors",
		Long: `schema prints the JSON Schema (draft 2020-12) of a kind. With --all it writes one
file per kind into a folder, and enid.json for a whole document, which is what
yaml-language-server wants.`,
		Example:   "  enid schema ENI\n  enid schema --all .schemas",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: kindNames(),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case all != "" && len(args) == 0:
				return writeSchemas(all)
			case all == "" && len(args) == 1:
				kind, err := kindNamed(args[0])
				if err != nil {
					return err
				}
				_, err = a.out.Write(schema.JSONSchema(kind))
				return err
			}
			return fmt.Errorf("give one kind of %v, or --all DIR", kindNames())
		},
	}
	c.Flags().StringVar(&all, "all", "", "write the schemas of all kinds into that folder")
	return c
}

func kindNames() (names []string) {
	for _, k := range schema.Kinds() {
		names = append(names, string(k))
	}
	return names
}

func kindNamed(name string) (schema.Kind, error) {
	kind, ok := schema.KindNamed(name)
	if !ok {
		return "", fmt.Errorf("there is no kind %q; choose one of %v", name, kindNames())
	}
	return kind, nil
}

func writeSchemas(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("schemas: %w", err)
	}
	files := schema.JSONSchemaAll()
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			return fmt.Errorf("schemas: %w", err)
		}
	}
	return nil
}
