// Package images names ancestors by images that are at hand: a catalogue for those
// who have their base images, in a registry, in archives or on disk.
//
// [Describe] takes from an image what is needed to know it again: its
// configuration, and nothing of its layers. A [Catalogue] of such descriptions is
// an [ancestry.Source].
//
// # What is claimed
//
// An image is an ancestor of another if all its layers are the lowest layers of the
// other, and its history, if it has one, is where the other's begins. Layers are
// compared by diffID, or by the digest of the stored blob where diffIDs are not
// known on one side.
//
//   - Proved: the layers of the image that is asked about were read, and have the
//     diffIDs that its configuration claims (see [ancestry.Hints]).
//   - Recorded: the configuration or the manifest says so, and nobody looked.
//   - Recognised: no layers can be compared, and the history agrees in full, to the
//     last digit of every time. Two images can have one history and different
//     layers (Debian makes its images, slim and full, in the same second), so this is
//     no proof; if both are in the catalogue it is a tie.
//
// Layers that agree under a history that does not are the same bytes with another
// configuration: no claim is made then. Nor is one for an image without layers.
package images
