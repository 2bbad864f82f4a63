package ancestry

// A Donor is an image outside the chain, from which a build copied files: by COPY --from,
// or by a mount of a RUN. What was copied is in the image as files, without the package
// database that had them.
type Donor struct {
	// Name is the donor's, with the tags and the digest that the evidence states. Tags are
	// empty where only the repository is known: see Version.
	Name Name
	// Stage is the name, or the number, of the stage that stands on the donor, if the files
	// were copied out of a stage: they may be the stage's own work. "" if they are the
	// donor's, as it has them.
	Stage string
	// Steps are the steps that copied the files, the oldest first, all of one ancestor. They
	// are nil if it is not known which.
	Steps []int
	// Paths are the files and directories that were copied, as the image has them, sorted:
	// "usr/local/bin/node", "usr/local/lib/node_modules/". A directory ends with a slash. They
	// are nil if they are not known.
	Paths []string
	// Version is that of the software copied, as its files state it: "20.19.5". "" if they
	// do not.
	Version string

	// Confidence is that of the name.
	Confidence Confidence
	// Evidence is what speaks for the donor, the strongest first. There is at least one.
	Evidence []Evidence
}
