package genealogy

// The genealogy is made anew by
//
//	go generate ./ancestry/genealogy
//
// with GENEALOGY_MIRROR set to the absolute path of a directory of clones; see the
// command for their layout. The same clones give the same bytes.
//
//go:generate sh -c "go run ../catalogue/cmd/genealogy -mirror \"$GENEALOGY_MIRROR\" -cache \"${GENEALOGY_CACHE:-}\" -o genealogy.stemma"
