package export

// Tables returns what is exported: the tables of the database with their columns, one file
// each. README.md of package store says what they mean. A column is never renamed and never changes its
// kind; new ones come last.
func Tables() []Table {
	return []Table{
		{"images", key("id"), []Column{id(), text("digest"), boolean("current"), maybe(ref("ancestor_id")), maybe(ref("base_id")), text("config"), text("platform"), maybe(moment("created")),
			maybe(integer("size")), maybe(integer("content")), maybe(integer("shadowed")), maybe(integer("packages")),
			maybe(ref("own_findings")), maybe(ref("inherited_findings")), boolean("partial"), text("reason"), maybe(moment("read_at")), maybe(ref("run_id")), text("version")}},
		{"ancestors", key("id"), []Column{id(), text("history"), integer("tree"), text("chain_id"), maybe(ref("parent_id")), boolean("has_children"), boolean("complete"), text("platform"), text("distro"), maybe(moment("created")),
			integer("steps"), integer("layers"), integer("own_layers"), maybe(integer("size")), maybe(integer("content")), maybe(integer("shadowed")), maybe(ref("packages_set"))}},
		{"names", key("ancestor_id", "repository", "tag", "digest"), []Column{ref("ancestor_id"), text("repository"), text("tag"), text("digest"), integer("rank"), integer("confidence"),
			boolean("tie"), text("evidence"), moment("first_seen"), maybe(boolean("moved")), maybe(moment("moved_since")), maybe(moment("moved_as_of"))}},
		{"layers", key("ancestor_id", "position"), []Column{ref("ancestor_id"), integer("position"), text("diff_id"), text("digest"), maybe(integer("size")), maybe(integer("content")), maybe(integer("shadowed")), text("created_by")}},
		{"packages", key("id"), []Column{id(), text("type"), text("name"), text("version"), text("arch"), text("purl"), integer("own_images"), integer("own_ever")}},
		{"sets", key("id"), []Column{id(), text("hash")}},
		{"set_packages", key("set_id", "package_id"), []Column{ref("set_id"), ref("package_id"), boolean("gone"), integer("bytes")}},
		{"subjects", key("id"), []Column{id(), text("rule"), text("subject"), integer("own_images"), integer("own_ever")}},
		{"findings", key("id"), []Column{id(), ref("ancestor_id"), ref("subject_id"), text("key"), integer("severity"), text("message"), text("remedy"), text("mender"), integer("bytes"), maybe(integer("step"))}},
		{"set_findings", key("set_id", "finding_id"), []Column{ref("set_id"), ref("finding_id")}},
		{"refs", key("id"), []Column{id(), text("repository"), text("tag"), text("digest"), text("owner"), moment("added")}},
		{"sightings", key("id"), []Column{id(), ref("ref_id"), ref("image_id"), moment("first_seen"), moment("last_seen"), boolean("latest")}},
		{"runs", key("id"), []Column{id(), text("command"), text("version"), moment("started"), maybe(moment("done"))}},
		{"allowed", key("pattern"), []Column{text("pattern"), text("matches")}},
	}
}

// id is the number of a row, to which columns of other tables refer.
func id() Column { return Column{Name: "id", Kind: Integer} }

func key(names ...string) []string { return names }
func ref(name string) Column       { return Column{Name: name, Kind: Integer} }
func text(name string) Column      { return Column{Name: name, Kind: Text} }
func integer(name string) Column   { return Column{Name: name, Kind: Integer} }
func boolean(name string) Column   { return Column{Name: name, Kind: Boolean} }
func moment(name string) Column    { return Column{Name: name, Kind: Time} }

// maybe is a column that is null where its value is not known.
func maybe(c Column) Column {
	c.Null = true
	return c
}
