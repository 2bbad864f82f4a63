-- Sizes are bytes, times are seconds since 1970 in UTC; 0 or null is not known, as said.

-- One row for each run of a command that adds or reads.
CREATE TABLE runs (
	id {{id}},
	command text NOT NULL,
	version text NOT NULL,
	started bigint NOT NULL,
	done bigint
);

-- A list that many rows have in common: of packages or of findings. It never changes.
CREATE TABLE sets (
	id {{id}},
	hash text NOT NULL UNIQUE
);

-- A package version, once in the whole fleet.
CREATE TABLE packages (
	id {{id}},
	key text NOT NULL UNIQUE,
	type text NOT NULL,
	name text NOT NULL,
	version text NOT NULL,
	arch text NOT NULL,
	purl text NOT NULL
);
CREATE INDEX packages_name ON packages (name, version);

-- How a list of packages differs from that of the parent.
CREATE TABLE set_packages (
	set_id bigint NOT NULL REFERENCES sets (id),
	package_id bigint NOT NULL REFERENCES packages (id),
	gone boolean NOT NULL,
	bytes bigint NOT NULL,
	PRIMARY KEY (set_id, package_id)
) {{clustered}};
CREATE INDEX set_packages_package ON set_packages (package_id);

-- What one image of a chain added on top of its parent.
CREATE TABLE ancestors (
	id {{id}},
	history text NOT NULL UNIQUE,
	chain_id text NOT NULL,
	parent_id bigint REFERENCES ancestors (id),
	platform text NOT NULL,
	distro text NOT NULL,
	created bigint,
	steps bigint NOT NULL,
	layers bigint NOT NULL,
	own_layers bigint NOT NULL,
	size bigint NOT NULL,
	content bigint NOT NULL,
	shadowed bigint NOT NULL,
	inner_node boolean NOT NULL,
	packages_set bigint REFERENCES sets (id)
);
CREATE INDEX ancestors_chain ON ancestors (chain_id);
CREATE INDEX ancestors_parent ON ancestors (parent_id);
CREATE INDEX ancestors_inner ON ancestors (parent_id, id) WHERE inner_node;

-- The layers of an ancestor, by their position in the image, 0 at the bottom.
CREATE TABLE layers (
	ancestor_id bigint NOT NULL REFERENCES ancestors (id),
	position bigint NOT NULL,
	diff_id text NOT NULL,
	digest text NOT NULL,
	size bigint NOT NULL,
	content bigint NOT NULL,
	shadowed bigint NOT NULL,
	created_by text NOT NULL,
	PRIMARY KEY (ancestor_id, position)
) {{clustered}};

-- Where an ancestor could be divided, if an image turns out to end there.
CREATE TABLE prefixes (
	key bigint NOT NULL,
	ancestor_id bigint NOT NULL REFERENCES ancestors (id),
	PRIMARY KEY (key, ancestor_id)
) {{clustered}};

-- What was told of an ancestor's name.
CREATE TABLE names (
	ancestor_id bigint NOT NULL REFERENCES ancestors (id),
	repository text NOT NULL,
	tag text NOT NULL,
	digest text NOT NULL,
	rank bigint NOT NULL,
	confidence bigint NOT NULL,
	tie boolean NOT NULL,
	evidence text NOT NULL,
	first_seen bigint NOT NULL,
	moved boolean,
	moved_since bigint,
	moved_as_of bigint,
	PRIMARY KEY (ancestor_id, repository, tag, digest)
) {{clustered}};
CREATE INDEX names_repository ON names (repository, tag);

-- An image, by the digest of its manifest, also where it was not or could not be read.
CREATE TABLE images (
	id {{id}},
	digest text NOT NULL UNIQUE,
	current boolean NOT NULL,
	ancestor_id bigint REFERENCES ancestors (id),
	config text NOT NULL,
	platform text NOT NULL,
	created bigint,
	size bigint,
	content bigint,
	shadowed bigint,
	packages bigint,
	own_findings bigint REFERENCES sets (id),
	inherited_findings bigint REFERENCES sets (id),
	partial boolean NOT NULL,
	reason text NOT NULL,
	read_at bigint,
	run_id bigint REFERENCES runs (id),
	version text NOT NULL
);
CREATE INDEX images_ancestor ON images (ancestor_id, current);
CREATE INDEX images_findings ON images (inherited_findings);

-- A finding, blamed on an ancestor.
CREATE TABLE findings (
	id {{id}},
	ancestor_id bigint REFERENCES ancestors (id),
	key text NOT NULL,
	rule text NOT NULL,
	severity bigint NOT NULL,
	subject text NOT NULL,
	message text NOT NULL,
	remedy text NOT NULL,
	mender text NOT NULL,
	bytes bigint NOT NULL,
	step bigint
);
CREATE UNIQUE INDEX findings_key ON findings (ancestor_id, key);

CREATE TABLE set_findings (
	set_id bigint NOT NULL REFERENCES sets (id),
	finding_id bigint NOT NULL REFERENCES findings (id),
	PRIMARY KEY (set_id, finding_id)
) {{clustered}};
CREATE INDEX set_findings_finding ON set_findings (finding_id);

-- A reference as somebody asked for it.
CREATE TABLE refs (
	id {{id}},
	repository text NOT NULL,
	tag text NOT NULL,
	digest text NOT NULL,
	owner text NOT NULL,
	added bigint NOT NULL,
	UNIQUE (repository, tag, digest)
);

-- Which image a reference had, from when to when.
CREATE TABLE sightings (
	id {{id}},
	ref_id bigint NOT NULL REFERENCES refs (id),
	image_id bigint NOT NULL REFERENCES images (id),
	first_seen bigint NOT NULL,
	last_seen bigint NOT NULL,
	latest boolean NOT NULL
);
CREATE INDEX sightings_ref ON sightings (ref_id, latest);
CREATE INDEX sightings_image ON sightings (image_id, latest);

-- Patterns of allowed bases.
CREATE TABLE allowed (
	pattern text PRIMARY KEY
);
