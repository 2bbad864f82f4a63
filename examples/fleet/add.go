package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/stemma-go/stemma/examples/fleet/list"
	"github.com/stemma-go/stemma/examples/fleet/queue"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/printable"
)

// wanted are the flags that say which references are meant.
type wanted struct {
	files, registries, namespaces []string
	tags, owner                   string
	kubernetes, again             bool
	refs                          []string
}

func (w *wanted) define(set *flag.FlagSet) {
	set.Func("f", "add the references in `FILE`, one a line; - is the standard input", appendTo(&w.files))
	set.Func("registry", "add all repositories of the registry `HOST`, if it lists them", appendTo(&w.registries))
	set.Func("namespace", "add the repository `HOST/NAME` and all below it", appendTo(&w.namespaces))
	set.StringVar(&w.tags, "tags", "", "of -registry and -namespace, add only tags like this `PATTERN`: '1.*'; by default all but those of signatures")
	set.BoolVar(&w.kubernetes, "kubernetes", false, "add what runs in a cluster: the standard input is the output of kubectl get pods --all-namespaces --output json; the namespaces of its pods are an image's owners")
	set.StringVar(&w.owner, "owner", "", "whose the references are: a `NAME` of a team")
	set.BoolVar(&w.again, "again", false, "read images again that could not be read before, or only in part")
}

func appendTo(to *[]string) func(string) error {
	return func(s string) error { *to = append(*to, s); return nil }
}

// check looks at the flags before anything is opened.
func (w *wanted) check(refs []string) error {
	w.refs = refs
	if w.kubernetes {
		w.files = append(w.files, "-")
	}
	if len(w.refs)+len(w.files)+len(w.registries)+len(w.namespaces) == 0 {
		return usagef("name references, or -f, -registry, -namespace or -kubernetes")
	}
	if w.tags != "" && len(w.registries)+len(w.namespaces) == 0 {
		return usagef("-tags needs -registry or -namespace")
	}
	for _, p := range append(append([]string{}, w.registries...), w.namespaces...) {
		if _, err := list.ParsePlace(p, w.tags); err != nil {
			return usageError(err.Error())
		}
	}
	return nil
}

// items are the references that are meant.
func (w *wanted) items(ctx context.Context, e *env, via registries) iter.Seq2[list.Item, error] {
	return func(yield func(list.Item, error) bool) {
		for _, r := range w.refs {
			if !yield(list.Parse(r)) {
				return
			}
		}
		for _, f := range w.files {
			for item, err := range e.read(f) {
				if !yield(item, err) {
					return
				}
			}
		}
		puller, err := remote.NewPuller(remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithTransport(list.Bounded(usualTransport(via.insecure))), remote.WithPageSize(1000))
		if err != nil {
			yield(list.Item{}, err)
			return
		}
		var opts []name.Option
		if via.insecure {
			opts = append(opts, name.Insecure)
		}
		for _, s := range append(append([]string{}, w.registries...), w.namespaces...) {
			p, err := list.ParsePlace(s, w.tags)
			if err != nil {
				yield(list.Item{}, err)
				return
			}
			p.AtOnce = via.atOnce
			for item, err := range p.References(ctx, puller, opts...) {
				if !yield(item, err) {
					return
				}
			}
		}
	}
}

// read reads a list.
func (e *env) read(file string) iter.Seq2[list.Item, error] {
	return func(yield func(list.Item, error) bool) {
		in := e.stdin
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				yield(list.Item{}, err)
				return
			}
			defer f.Close()
			in = f
		} else {
			file = "standard input"
		}
		for item, err := range list.Read(io.Reader(in)) {
			if err != nil {
				err = fmt.Errorf("%s: %w", file, err)
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// registries are the flags that say how registries are asked.
type registries struct {
	insecure bool
	atOnce   int
}

func (r *registries) define(set *flag.FlagSet) {
	set.IntVar(&r.atOnce, "at-once", 8, "the `number` of references, repositories or images of one registry that are asked for at the same time; 1 or more")
	set.BoolVar(&r.insecure, "insecure", false, "allow plain HTTP and unverified TLS")
}

func (r *registries) check() error {
	if r.atOnce < 1 {
		return usagef("-at-once %d is less than 1", r.atOnce)
	}
	return nil
}

// put puts them in the queue. What can't be put there is told, and does not keep the others
// from it.
func (w *wanted) put(ctx context.Context, e *env, q *queue.Queue, via registries) error {
	const atOnce = 500
	var some []queue.Wanted
	all := map[string]bool{} // references, each once
	added, wrong := 0, 0     // new in the queue; no references
	flush := func() error {
		n, err := q.Add(ctx, some...)
		added += n
		some = some[:0]
		return err
	}
	put := func(ref name.Reference, owner string, among []string) error {
		all[ref.Name()] = true
		r := queue.Ref(ref, owner)
		r.Among = among
		if some = append(some, queue.Wanted{Ref: r, Again: w.again}); len(some) < atOnce {
			return nil
		}
		return flush()
	}
	var running pods
	for item, err := range w.items(ctx, e, via) {
		switch {
		case err != nil:
			wrong++
			fmt.Fprintf(e.stderr, "fleet: %s\n", printable.Line(err.Error()))
		case item.Owner != "":
			running.note(item)
		default:
			if err := put(item.Reference, w.owner, nil); err != nil {
				return err
			}
		}
	}
	among := running.namespaces
	if wrong > 0 { // the list may have broken off: what it does not say is not known
		among = []string{}
	}
	for _, ref := range running.refs {
		if err := put(ref, strings.Join(running.of[ref.Name()], ", "), among); err != nil {
			return err
		}
	}
	if err := errors.Join(ctx.Err(), flush()); err != nil {
		return err
	}
	if len(all) == 0 && wrong == 0 {
		return errors.New("there is no reference to be added: the list is empty, or no repository or tag fits")
	}
	if len(all) > 0 {
		fmt.Fprintf(e.stdout, "%s in the queue, %s of them new\n", count(len(all), "reference"), humanize.Comma(int64(added)))
	}
	if wrong > 0 {
		return fmt.Errorf("%s could not be added", count(wrong, "reference, list or repository", "references, lists or repositories"))
	}
	return nil
}

// pods are what a list of pods says: which namespaces it is about, and which of them run a
// reference.
type pods struct {
	namespaces []string
	refs       []name.Reference
	of         map[string][]string // the namespaces of a reference, by its name
}

func (p *pods) note(item list.Item) {
	if !slices.Contains(p.namespaces, item.Owner) {
		p.namespaces = append(p.namespaces, item.Owner)
	}
	if p.of == nil {
		p.of = map[string][]string{}
	}
	ref := item.Reference.Name()
	if p.of[ref] == nil {
		p.refs = append(p.refs, item.Reference)
	}
	if !slices.Contains(p.of[ref], item.Owner) {
		p.of[ref] = append(p.of[ref], item.Owner)
	}
}

func add(ctx context.Context, e *env, set *flag.FlagSet, args []string) error {
	var w wanted
	w.define(set)
	var via registries
	via.define(set)
	dsn := database(set)
	refs, err := parse(set, args)
	if err != nil {
		return err
	}
	if err := cmp.Or(w.check(refs), via.check()); err != nil {
		return err
	}
	s, err := store.Open(ctx, *dsn)
	if err != nil {
		return err
	}
	defer s.Close()
	q, err := queue.Open(ctx, s, &queue.Options{Insecure: via.insecure})
	if err != nil {
		return err
	}
	return w.put(ctx, e, q, via)
}
