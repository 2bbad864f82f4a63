// Sigstore prints the chain of a container image, with what its signed build attestations
// prove.
//
//	sigstore -key cosign.pub REFERENCE
//	sigstore -issuer URL -identity REGEXP (-trusted-root FILE | -tuf) REFERENCE
//
// Package ancestry/provenance reads what a build attested about itself. Without a verifier, that
// is recorded: whoever can write to the repository can write it. This program brings one, of
// sigstore-go, so that an attestation by the signer who is asked for is proof. One by
// somebody else, or one that was changed, is refused and told; one that is not signed stays
// recorded.
//
// With -key nobody but the image's registry is asked. With -trusted-root neither is anybody
// else; -tuf fetches the trusted root of Sigstore's public instance, and keeps it in
// ~/.sigstore/root.
//
// The exit code is 0 if all could be read, 1 if the image could not, 2 if the command was wrong or
// whom to trust could not be read, and 3 if something of the image could not be read, or was
// refused.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/stemma-go/stemma/ancestry/chain"
	"github.com/stemma-go/stemma/ancestry/provenance"
	"github.com/stemma-go/stemma/examples/internal/arguments"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report/text"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var t trust
	flags := flag.NewFlagSet("sigstore", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&t.key, "key", "", "the `file` with the public key that signs, such as cosign.pub")
	flags.StringVar(&t.issuer, "issuer", "", "the `URL` of who knows the signer, such as https://token.actions.githubusercontent.com")
	flags.StringVar(&t.identity, "identity", "", "a regular `expression` for the signer's name, such as ^https://github.com/acme/")
	flags.StringVar(&t.root, "trusted-root", "", "the `file` with the certificates and logs to trust, as `cosign trusted-root create` or `gh attestation trusted-root` writes it")
	flags.BoolVar(&t.tuf, "tuf", false, "fetch the trusted root of Sigstore's public instance")
	references, err := arguments.Parse(flags, args)
	switch {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case len(references) != 1 || references[0] == "":
		fmt.Fprintln(stderr, "sigstore: one reference is asked for")
		return 2
	}
	v, err := t.verifier()
	if err != nil {
		fmt.Fprintln(stderr, "sigstore:", err)
		return 2
	}
	code, err := tree(ctx, references[0], v, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "sigstore:", err)
	}
	return code
}

// tree writes the chain of an image.
func tree(ctx context.Context, ref string, v *verifier, w io.Writer) (code int, err error) {
	img, err := source.Open(ctx, ref, nil)
	if err != nil {
		return 1, err
	}
	defer img.Close()
	rep, err := chain.Of(ctx, img, &chain.Options{Provenance: &provenance.Options{Verify: v.verify}})
	if err != nil {
		return 1, err
	}
	if err := text.Write(w, rep, &text.Options{Verbose: true}); err != nil {
		return 1, err
	}
	if rep.Partial || len(rep.Problems) > 0 {
		return 3, nil
	}
	return 0, nil
}
