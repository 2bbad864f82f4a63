-- Sizes are bytes. Times are seconds since 1970, in UTC. README.md says what everything means.

CREATE TABLE runs (
	id {{id}},
	command text NOT NULL,
	version text NOT NULL,
	started bigint NOT NULL,
	done bigint
);

CREATE TABLE sets (
	id {{id}},
	hash text NOT NULL UNIQUE
);

CREATE TABLE packages (
	id bigint PRIMARY KEY,
	type text NOT NULL,
	name text NOT NULL,
	version text NOT NULL,
	arch text NOT NULL,
	purl text NOT NULL,
	own_images bigint NOT NULL DEFAULT 0,
	own_ever bigint NOT NULL DEFAULT 0
);
CREATE INDEX packages_name ON packages (name, version);

CREATE TABLE set_packages (
	set_id bigint NOT NULL REFERENCES sets (id),
	package_id bigint NOT NULL REFERENCES packages (id),
	gone boolean NOT NULL,
	bytes bigint NOT NULL,
	PRIMARY KEY (set_id, package_id)
) {{clustered}};
CREATE INDEX set_packages_package ON set_packages (package_id, set_id, gone);

CREATE TABLE ancestors (
	id {{id}},
	history text NOT NULL UNIQUE,
	tree bigint NOT NULL,
	chain_id text NOT NULL,
	parent_id bigint REFERENCES ancestors (id),
	has_children boolean NOT NULL,
	complete boolean NOT NULL,
	platform text NOT NULL,
	distro text NOT NULL,
	created bigint,
	steps bigint NOT NULL,
	layers bigint NOT NULL,
	own_layers bigint NOT NULL,
	size bigint,
	content bigint,
	shadowed bigint,
	packages_set bigint REFERENCES sets (id)
);
CREATE INDEX ancestors_chain ON ancestors (chain_id);
CREATE INDEX ancestors_parent ON ancestors (parent_id);
CREATE INDEX ancestors_inner ON ancestors (id) WHERE has_children;
CREATE INDEX ancestors_packages ON ancestors (packages_set);

CREATE TABLE layers (
	ancestor_id bigint NOT NULL REFERENCES ancestors (id),
	position bigint NOT NULL,
	diff_id text NOT NULL,
	digest text NOT NULL,
	size bigint,
	content bigint,
	shadowed bigint,
	created_by text NOT NULL,
	PRIMARY KEY (ancestor_id, position)
) {{clustered}};

CREATE TABLE prefixes (
	key bigint NOT NULL,
	ancestor_id bigint NOT NULL REFERENCES ancestors (id),
	PRIMARY KEY (key, ancestor_id)
) {{clustered}};

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

CREATE TABLE images (
	id {{id}},
	digest text NOT NULL UNIQUE,
	current boolean NOT NULL,
	ancestor_id bigint REFERENCES ancestors (id),
	base_id bigint REFERENCES ancestors (id),
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
CREATE INDEX images_base ON images (base_id, current);
CREATE INDEX images_inherited ON images (inherited_findings, current);
CREATE INDEX images_own ON images (own_findings, current);

CREATE TABLE subjects (
	id bigint PRIMARY KEY,
	rule text NOT NULL,
	subject text NOT NULL,
	own_images bigint NOT NULL DEFAULT 0,
	own_ever bigint NOT NULL DEFAULT 0
);
CREATE INDEX subjects_rule ON subjects (rule, subject);

CREATE TABLE findings (
	id {{id}},
	ancestor_id bigint NOT NULL REFERENCES ancestors (id),
	subject_id bigint NOT NULL REFERENCES subjects (id),
	key text NOT NULL,
	severity bigint NOT NULL,
	message text NOT NULL,
	remedy text NOT NULL,
	mender text NOT NULL,
	bytes bigint NOT NULL,
	step bigint
);
CREATE UNIQUE INDEX findings_key ON findings (key, ancestor_id);
CREATE INDEX findings_ancestor ON findings (ancestor_id);
CREATE INDEX findings_subject ON findings (subject_id, id);

CREATE TABLE set_findings (
	set_id bigint NOT NULL REFERENCES sets (id),
	finding_id bigint NOT NULL REFERENCES findings (id),
	PRIMARY KEY (set_id, finding_id)
) {{clustered}};
CREATE INDEX set_findings_finding ON set_findings (finding_id, set_id);

CREATE TABLE refs (
	id {{id}},
	repository text NOT NULL,
	tag text NOT NULL,
	digest text NOT NULL,
	owner text NOT NULL,
	added bigint NOT NULL,
	UNIQUE (repository, tag, digest)
);

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

CREATE TABLE allowed (
	pattern text PRIMARY KEY,
	matches text NOT NULL
);
