package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	queries "enid/plan/query"
	"enid/plan/render"
)

func (a *app) keypairCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "keypair",
		Short: "Work with key pairs",
		Long:  "keypair works with key files on this machine. What is secret in them is never shown, stored or sent.",
	}
	c.AddCommand(a.fingerprintCommand())
	return c
}

func (a *app) fingerprintCommand() *cobra.Command {
	var format, dir string
	c := &cobra.Command{
		Use:   "fingerprint FILE",
		Short: "Print the fingerprints that the cloud shows for a key, and which KeyPair it is",
		Long: `fingerprint reads a private key (PEM or OpenSSH's form, not encrypted) or a public
key and prints its fingerprints as EC2 shows them: for an RSA key that EC2 created
the SHA-1 of the private key's PKCS#8 form, for an imported one the MD5 of the public
key, for ED25519 the SHA-256 as ssh-keygen -l prints it. It names the KeyPair that has
one of them as its fingerprint, or the public key. FILE may be - for stdin.`,
		Example: "  enid keypair fingerprint ~/.ssh/web.pem\n  enid keypair fingerprint ~/.ssh/id_ed25519.pub --path topology -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			return a.fingerprint(c.Context(), args[0], dir, format)
		},
	}
	c.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	c.Flags().StringVar(&dir, "path", "", "look for the KeyPair in the files of that folder, not in the state")
	return c
}

func (a *app) fingerprint(ctx context.Context, file, dir, format string) error {
	data, err := a.readKeyFile(file)
	if err != nil {
		return err
	}
	key, err := queries.ParseKey(data)
	if err != nil {
		return fmt.Errorf("%s: %w [key-pair.fingerprint]", render.Inert(file), err)
	}
	t, err := a.asked(ctx, dir)
	if err != nil {
		return err
	}
	key.Match(t)
	if format == "json" {
		return render.JSON(a.out, key)
	}
	return render.Key(a.out, key, render.Options{Color: a.color()})
}

// maxKeyFile is far above what any key takes, in bytes.
const maxKeyFile = 1 << 20

func (a *app) readKeyFile(file string) ([]byte, error) {
	in := a.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxKeyFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("key: %w", err)
	case len(data) > maxKeyFile:
		return nil, errors.New("key: the file is larger than 1 MiB and no key")
	}
	return data, nil
}
