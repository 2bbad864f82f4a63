package store

// views returns the views for people. README.md has the same, and a test holds it to that.
func views() []View {
	name := Column{"name", "text", "what it is called: the reference of the image that it is, or what the evidence tells, or its chain ID; of a tie all names, with \"or\" between them"}
	confidence := Column{"confidence", "text", "what the name rests on: proved, recorded, recognised, inferred; unknown if it has none"}
	tie := Column{"tie", "boolean", "the name may be another one just as well"}
	ours := Column{"ours", "boolean", "the fleet has read it as an image, under a reference"}
	ancestor := Column{"ancestor_id", "integer", "the ancestor, as in the table ancestors"}
	images := Column{"images", "integer", "images that stand on it and that a reference has now"}
	distro := Column{"distro", "text", "the distribution that it says it is"}
	created := Column{"created", "time", "the date of its youngest step, as the history has it"}
	refs := Column{"refs", "text", "the references that have the image now, with commas between them"}
	owners := Column{"owners", "text", "their owners, with commas between them"}
	return []View{
		{"bases", "What images stand on directly, and the roots: allowed or not.", []Column{ancestor, name, confidence, tie, ours,
			{"allowed", "boolean", "it or an ancestor below it fits a pattern of allowed bases; null if there are no patterns"},
			{"root", "boolean", "it stands on nothing"},
			{"images", "integer", "images that stand directly on it and that a reference has now"},
			{"rooted", "integer", "images whose root it is and that a reference has now; 0 if it is no root"},
			distro, created}, "images DESC, rooted DESC, ancestor_id"},
		{"blast_ancestors", "How many images stand on each ancestor.", []Column{ancestor, name, confidence, tie, ours, images,
			{"ever", "integer", "images that stand on it and were ever read"},
			{"itself", "integer", "images that are it: more than one where only configurations differ"},
			{"parent_id", "integer", "the ancestor that it stands on; null for a root"},
			{"chain_id", "text", "its chain ID, as image-spec defines it: that of all layers up to its top"},
			distro, {"platform", "text", "its platform, such as linux/amd64"}, created,
			{"layers", "integer", "its own layers"},
			{"size", "integer", "bytes of its own layers as stored, mostly compressed"},
			{"content", "integer", "bytes of the regular files of its own layers"}}, "images DESC, ever DESC, ancestor_id"},
		{"blast_findings", "How many images have each finding: that of one rule about one subject, by the ancestor to blame.", []Column{
			{"rule", "text", "the rule that found it"}, {"subject", "text", "what it is about: a package, a path, an image's name"},
			{"severity", "text", "note, warning or serious"},
			{"ancestor_id", "integer", "the ancestor to blame; null where the images' own steps are"},
			{"ancestor", "text", "what that is called"},
			{"images", "integer", "images that have it and that a reference has now"}, {"ever", "integer", "images that have it and were ever read"},
			{"mender", "text", "who can mend it"}, {"message", "text", "what was found; of several messages one"},
			{"remedy", "text", "what to do; of several one"}, {"bytes", "integer", "content bytes that this saves in one image, at most; 0 if none or not known"},
		}, "images DESC, ever DESC, rule, subject, ancestor_id"},
		{"blast_packages", "How many images have each version of each package.", []Column{
			{"type", "text", "Syft's package type: deb, apk, rpm, npm, python, …"}, {"name", "text", "its name"}, {"version", "text", "its version"},
			{"arch", "text", "its architecture, empty if it has none"}, {"purl", "text", "its package URL without qualifiers, empty if not known"},
			{"images", "integer", "images that have it and that a reference has now"}, {"ever", "integer", "images that have it and were ever read"},
		}, "images DESC, ever DESC, type, name, version, arch, purl"},
		{"moved", "Images that stand on an ancestor whose tag has another image now.", []Column{
			{"digest", "text", "the image's manifest digest"}, refs, owners, ancestor,
			{"name", "text", "the ancestor's name with the tag that moved"},
			{"depth", "integer", "1 if it is the image's base, 2 if it is the base's, and so on"},
			{"since", "time", "when the tag was first seen to have moved; null if not known"},
			{"now", "text", "the digest that the tag has now; null if the fleet has not seen that"},
			{"source", "text", "who says so: fleet, which has looked; report, where a catalogue or a registry was asked when an image was read"},
			confidence, tie}, "depth, since, name, digest, ancestor_id"},
		{"rebuilds", "What a new build of each ancestor could mend, in the images that stand on it.", []Column{ancestor, name, confidence, tie, ours, images,
			{"findings", "integer", "different findings for which it is to blame"},
			{"mends", "integer", "findings times the images that have them"}, {"serious", "integer", "how many of mends are serious"},
			{"bytes", "integer", "content bytes of mends altogether; those of two rules may be the same"},
			{"newer", "boolean", "its tag has another image already: a rebuild of what stands on it is enough"},
			{"newer_since", "time", "since when; null if not known"}}, "mends DESC, serious DESC, images DESC, ancestor_id"},
		{"unseen", "Bytes that the fleet ships and nobody sees, because a layer above hides them.", []Column{
			{"ancestor_id", "integer", "the ancestor that ships them; null for what all images ship that nothing stands on"}, name,
			{"unseen", "integer", "content bytes that every image hides that has it; null if not known"},
			{"content", "integer", "bytes of the regular files of its own layers"},
			{"images", "integer", "images that have it, itself included, and that a reference has now"},
			{"carried", "integer", "content bytes: unseen in all of images, were each stored by itself"}}, "carried DESC NULLS LAST, ancestor_id"},
	}
}
