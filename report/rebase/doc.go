// Package rebase says what it takes to put an image's own layers on today's build of its base
// without building it again, and whether that is safe.
//
//	p, err := rebase.New(image, base, nil) // two reports: of the image, and of what has its base's tag now
//	if err == nil && p.Safe() {
//		old, err := p.OldBase(img)
//		…
//		rebased, err := mutate.Rebase(img, old, newBase) // of go-containerregistry
//	}
//
// mutate.Rebase swaps the lower layers of an image, and looks at nothing. It wants the base as it was when the image was
// built, which is mostly gone from its registry; [Plan.OldBase] makes it of the image's own lower
// layers.
//
// # When it is safe
//
// A rebase is safe if the own layers mean the same on the new base as they did on the old one. That is
// so where nothing is in Plan.Against. It has a sentence for each of these:
//
//   - it is not sure where the base ends: the boundary rests on habits;
//   - the new base is another image, of another repository, or it has none of the tags of the old one;
//   - it is for another platform;
//   - its distribution is another, of another release, or not known;
//   - an own layer installed, upgraded or removed packages of the distribution, or wrote
//     their database otherwise: that hides the new base's database, and the packages would be of two worlds;
//   - an own layer changed a file of the base that the new base has otherwise, or brought one
//     where the new base has another (what it deleted, a build would delete again);
//   - the own programs need something that the new base lacks: see Options;
//   - something could not be read, so that nobody can tell.
//
// Only what is seen in files and databases is judged. Caches that a build computed from the old base (compiled modules,
// an index of fonts) may be out of date on the new one. A rebase saves the time of a build; it does not take
// the place of the tests.
//
// # What stays as it was
//
// mutate.Rebase keeps the image's configuration, with the environment that the old base set. Plan.Notes
// says which variables the new base sets otherwise.
package rebase
