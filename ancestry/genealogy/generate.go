package genealogy

// The genealogy is made again by
//
//	go generate ./ancestry/genealogy
//
// with GENEALOGY_MIRROR set to the absolute path of a directory of clones; see the
// command for their layout. The same clones give the same bytes.
//
//go:generate sh -c "go run ../catalogue/cmd/genealogy -mirror \"$GENEALOGY_MIRROR\" -cache \"${GENEALOGY_CACHE:-}\" -o genealogy.stemma"

// The catalogue of the other publishers is made of clones in the same layout. The bytes
// of images from -since on are known: the day is as early as 6 MB for all files allow.
//
//go:generate sh -c "go run ../catalogue/cmd/genealogy -publishers \"$GENEALOGY_MIRROR\" -cache \"${GENEALOGY_CACHE:-}\" -since 2025-12-20 -o publishers"
