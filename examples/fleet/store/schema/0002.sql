-- Views. Those from blast_ancestors on are for people; the ones before serve them.

-- What counts of what was told of names: the best confidence, and no tie where something as
-- good is none. References of the fleet that had the ancestor's image are names beside that:
-- they contradict nothing.
CREATE VIEW best_names AS
SELECT ancestor_id, repository, tag, digest, rank, confidence, evidence, moved, moved_since, moved_as_of,
	(NOT ours AND (tie OR confidence < 4 AND MIN(repository) OVER same <> MAX(repository) OVER same)) AS tie, ours
FROM (
	SELECT b.*, MIN(CASE WHEN tie THEN 1 ELSE 0 END) OVER (PARTITION BY ancestor_id, ours) AS tied
	FROM (
		SELECT o.*, MAX(confidence) OVER (PARTITION BY ancestor_id, ours) AS best
		FROM (
			SELECT n.*, EXISTS (
				SELECT 1 FROM images i JOIN sightings s ON s.image_id = i.id JOIN refs r ON r.id = s.ref_id
				WHERE i.ancestor_id = n.ancestor_id AND r.repository = n.repository AND r.tag = n.tag) AS ours
			FROM names n) AS o) AS b
	WHERE ours OR confidence = best) AS c
WHERE ours OR NOT tie OR tied = 1
WINDOW same AS (PARTITION BY ancestor_id, ours);

-- One name for each ancestor that has one: of a tie all, with "or" between them.
CREATE VIEW told_names AS
SELECT ancestor_id, confidence, tie, CASE WHEN tie = 1 THEN string_agg(name, ' or ' ORDER BY name) ELSE MIN(name) END AS name
FROM (
	SELECT DISTINCT ancestor_id, confidence, CASE WHEN tie THEN 1 ELSE 0 END AS tie,
		repository || CASE WHEN tag <> '' THEN ':' || tag WHEN digest <> '' THEN '@' || digest ELSE '' END AS name
	FROM best_names WHERE rank = 0 AND NOT ours) AS n
GROUP BY ancestor_id, confidence, tie;

-- What people call each ancestor: the reference of the image that it is, if the fleet has that,
-- else what was told, else its chain ID.
CREATE VIEW labels AS
SELECT l.ancestor_id, COALESCE(l.ours, t.name, NULLIF(l.chain_id, ''), 'history ' || l.history) AS name,
	CASE WHEN l.ours IS NOT NULL THEN 4 ELSE COALESCE(t.confidence, 0) END AS confidence,
	(l.ours IS NULL AND COALESCE(t.tie, 0) = 1) AS tie,
	l.ours IS NOT NULL AS ours
FROM (
	SELECT a.id AS ancestor_id, a.chain_id, a.history,
		(SELECT r.repository || CASE WHEN r.tag <> '' THEN ':' || r.tag ELSE '@' || r.digest END
			FROM images i JOIN sightings s ON s.image_id = i.id JOIN refs r ON r.id = s.ref_id
			WHERE i.ancestor_id = a.id
			ORDER BY s.latest DESC, CASE WHEN r.tag = '' THEN 1 ELSE 0 END, r.repository, r.tag, r.digest LIMIT 1) AS ours
	FROM ancestors a) AS l
LEFT JOIN told_names t ON t.ancestor_id = l.ancestor_id;

-- How many images stand on each ancestor: read and had by a reference now, and ever read.
CREATE VIEW standing AS
WITH RECURSIVE up (id, images, ever) AS (
	SELECT * FROM (SELECT base_id, SUM(CASE WHEN current THEN 1 ELSE 0 END), COUNT(*) FROM images WHERE base_id IS NOT NULL GROUP BY base_id) AS direct
	UNION ALL
	SELECT a.parent_id, up.images, up.ever FROM up JOIN ancestors a ON a.id = up.id WHERE a.parent_id IS NOT NULL)
SELECT id AS ancestor_id, CAST(SUM(images) AS bigint) AS images, CAST(SUM(ever) AS bigint) AS ever FROM up GROUP BY id;

-- How many images each ancestor is itself, of those that something stands on.
CREATE VIEW itself AS
SELECT a.id AS ancestor_id, COUNT(CASE WHEN i.current THEN 1 END) AS images, COUNT(i.id) AS ever
FROM ancestors a LEFT JOIN images i ON i.ancestor_id = a.id WHERE a.has_children GROUP BY a.id;

-- Every base of an image with all that is below it, and how far: 1 is the base itself.
CREATE VIEW below AS
WITH RECURSIVE down (base_id, ancestor_id, depth) AS (
	SELECT * FROM (SELECT DISTINCT base_id, base_id AS ancestor_id, 1 FROM images WHERE base_id IS NOT NULL) AS bases
	UNION ALL
	SELECT down.base_id, a.parent_id, down.depth + 1 FROM down JOIN ancestors a ON a.id = down.ancestor_id WHERE a.parent_id IS NOT NULL)
SELECT base_id, ancestor_id, depth FROM down;

-- How many images have each package, or do not have it any more, because of the ancestors that
-- others stand on.
CREATE VIEW inherited_packages AS
SELECT p.package_id, CAST(SUM(CASE WHEN p.gone THEN -n.images ELSE n.images END) AS bigint) AS images,
	CAST(SUM(CASE WHEN p.gone THEN -n.ever ELSE n.ever END) AS bigint) AS ever
FROM (
	SELECT a.packages_set AS set_id, SUM(s.images + o.images) AS images, SUM(s.ever + o.ever) AS ever
	FROM standing s JOIN itself o ON o.ancestor_id = s.ancestor_id JOIN ancestors a ON a.id = s.ancestor_id
	WHERE a.packages_set IS NOT NULL GROUP BY a.packages_set) AS n
JOIN set_packages p ON p.set_id = n.set_id
GROUP BY p.package_id;

-- How many images have each set of inherited findings.
CREATE VIEW inherited_sets AS
SELECT inherited_findings AS set_id, CAST(SUM(CASE WHEN current THEN 1 ELSE 0 END) AS bigint) AS images, COUNT(*) AS ever
FROM images WHERE inherited_findings IS NOT NULL GROUP BY inherited_findings;

-- The findings that images inherit, those of one rule about one subject as one, by the
-- ancestor to blame.
CREATE VIEW inherited_findings AS
SELECT f.ancestor_id, f.subject_id, MAX(f.severity) AS severity, CAST(SUM(f.images) AS bigint) AS images, CAST(SUM(f.ever) AS bigint) AS ever,
	MIN(f.mender) AS mender, MIN(f.message) AS message, MIN(f.remedy) AS remedy, MAX(f.bytes) AS bytes, CAST(SUM(f.bytes * f.images) AS bigint) AS carried
FROM (
	SELECT i.set_id, i.images, i.ever, f.ancestor_id, f.subject_id, MAX(f.severity) AS severity, MIN(f.mender) AS mender,
		MIN(f.message) AS message, MIN(f.remedy) AS remedy, CAST(SUM(f.bytes) AS bigint) AS bytes
	FROM inherited_sets i JOIN set_findings s ON s.set_id = i.set_id JOIN findings f ON f.id = s.finding_id
	GROUP BY i.set_id, i.images, i.ever, f.ancestor_id, f.subject_id) AS f
GROUP BY f.ancestor_id, f.subject_id;

-- Which references name which ancestors on which something stands: because of what was told,
-- because a tag was told with the digest of an image that is that ancestor, or because they had
-- that very image.
CREATE VIEW ancestor_refs AS
SELECT b.ancestor_id, r.id AS ref_id, r.repository, r.tag, b.confidence, b.tie
FROM best_names b JOIN refs r ON r.repository = b.repository AND r.tag = b.tag
WHERE b.tag <> '' AND r.digest = ''
UNION
SELECT n.ancestor_id, r.id, r.repository, r.tag, 3, false
FROM names n JOIN images i ON i.ancestor_id = n.ancestor_id AND i.digest = n.digest JOIN refs r ON r.repository = n.repository AND r.tag = n.tag
WHERE n.tag <> '' AND r.digest = ''
UNION
SELECT a.id, r.id, r.repository, r.tag, 4, false
FROM ancestors a JOIN images i ON i.ancestor_id = a.id JOIN sightings s ON s.image_id = i.id JOIN refs r ON r.id = s.ref_id
WHERE a.has_children AND r.tag <> '' AND r.digest = '';

-- Ancestors whose tag has another image now, and since when.
CREATE VIEW moved_ancestors AS
SELECT c.ancestor_id, c.repository || ':' || c.tag AS name, i.digest AS now, i.ancestor_id AS now_ancestor_id, 'fleet' AS source, MAX(c.confidence) AS confidence,
	MIN(CASE WHEN c.tie THEN 1 ELSE 0 END) = 1 AS tie,
	(SELECT MIN(o.first_seen) FROM sightings o JOIN images oi ON oi.id = o.image_id
		WHERE o.ref_id = c.ref_id AND (oi.ancestor_id IS NULL OR oi.ancestor_id <> c.ancestor_id)
			AND o.first_seen >= COALESCE((SELECT MAX(t.last_seen) FROM sightings t JOIN images ti ON ti.id = t.image_id
				WHERE t.ref_id = c.ref_id AND ti.ancestor_id = c.ancestor_id), 0)) AS since
FROM ancestor_refs c JOIN ancestors a ON a.id = c.ancestor_id
	JOIN sightings s ON s.ref_id = c.ref_id AND s.latest JOIN images i ON i.id = s.image_id
WHERE (i.ancestor_id <> c.ancestor_id OR i.ancestor_id IS NULL AND EXISTS (SELECT 1 FROM images m WHERE m.ancestor_id = c.ancestor_id))
	AND (i.platform = '' OR a.platform = '' OR i.platform = a.platform)
GROUP BY c.ancestor_id, c.ref_id, c.repository, c.tag, i.digest, i.ancestor_id
UNION ALL
SELECT b.ancestor_id, b.repository || CASE WHEN b.tag <> '' THEN ':' || b.tag ELSE '' END, NULL, NULL, 'report', b.confidence, b.tie, b.moved_since
FROM best_names b
WHERE b.moved AND b.rank = 0 AND NOT EXISTS (SELECT 1 FROM refs r JOIN sightings s ON s.ref_id = r.id WHERE r.repository = b.repository AND r.tag = b.tag AND r.digest = '');

-- The bases that stand on such an ancestor, and not on what its tag has now: that may begin with
-- the ancestor, or the name may have been told with a boundary that is a step too high or too low.
CREATE VIEW moved_bases AS
SELECT d.base_id, d.depth, m.ancestor_id, m.name, m.now, m.now_ancestor_id, m.source, m.confidence, m.tie, m.since
FROM moved_ancestors m JOIN below d ON d.ancestor_id = m.ancestor_id
	LEFT JOIN below n ON n.base_id = d.base_id AND n.ancestor_id = m.now_ancestor_id
WHERE n.base_id IS NULL;

-- Ancestors that fit a pattern of allowed bases. Of a tie all names have to; references of the
-- fleet are none of its names.
CREATE VIEW allowed_ancestors AS
SELECT n.ancestor_id FROM ancestor_refs n JOIN allowed p ON n.repository {{matches}} p.matches OR n.repository || ':' || n.tag {{matches}} p.matches
WHERE n.confidence = 4
UNION
SELECT n.ancestor_id FROM (
	SELECT b.ancestor_id, b.ours, CASE WHEN b.tie THEN 1 ELSE 0 END AS tie,
		CASE WHEN EXISTS (SELECT 1 FROM allowed p WHERE b.repository {{matches}} p.matches OR b.repository || ':' || b.tag {{matches}} p.matches) THEN 1 ELSE 0 END AS fits
	FROM best_names b WHERE b.confidence >= 2) AS n
GROUP BY n.ancestor_id, n.ours HAVING CASE WHEN MAX(n.tie) = 1 THEN MIN(n.fits) ELSE MAX(n.fits) END = 1;

CREATE VIEW blast_ancestors AS
SELECT a.id AS ancestor_id, l.name, {{confidence}} AS confidence, l.tie, l.ours, s.images, s.ever,
	(SELECT COUNT(*) FROM images i WHERE i.ancestor_id = a.id) AS itself,
	a.parent_id, a.chain_id, a.distro, a.platform, a.created, a.own_layers AS layers, a.size, a.content
FROM standing s JOIN ancestors a ON a.id = s.ancestor_id JOIN labels l ON l.ancestor_id = a.id;

CREATE VIEW blast_packages AS
SELECT p.type, p.name, p.version, p.arch, p.purl, p.own_images + COALESCE(i.images, 0) AS images, p.own_ever + COALESCE(i.ever, 0) AS ever
FROM packages p LEFT JOIN inherited_packages i ON i.package_id = p.id
WHERE p.own_ever + COALESCE(i.ever, 0) > 0;

CREATE VIEW blast_findings AS
SELECT t.rule, t.subject, {{severity}} AS severity, f.ancestor_id, l.name AS ancestor, f.images, f.ever, f.mender, f.message, f.remedy, f.bytes
FROM inherited_findings f JOIN subjects t ON t.id = f.subject_id JOIN labels l ON l.ancestor_id = f.ancestor_id
UNION ALL
SELECT t.rule, t.subject, {{severity}}, NULL, NULL, t.own_images, t.own_ever, f.mender, f.message, f.remedy, f.bytes
FROM subjects t JOIN findings f ON f.id = (SELECT o.id FROM findings o WHERE o.subject_id = t.id ORDER BY o.id LIMIT 1)
WHERE t.own_ever > 0;

CREATE VIEW rebuilds AS
SELECT a.id AS ancestor_id, l.name, {{confidence}} AS confidence, l.tie, l.ours, s.images,
	COALESCE(m.findings, 0) AS findings, COALESCE(m.mends, 0) AS mends, COALESCE(m.serious, 0) AS serious, COALESCE(m.bytes, 0) AS bytes,
	v.ancestor_id IS NOT NULL AS newer, v.since AS newer_since
FROM standing s JOIN ancestors a ON a.id = s.ancestor_id JOIN labels l ON l.ancestor_id = a.id
	LEFT JOIN (
		SELECT f.ancestor_id, COUNT(*) AS findings, CAST(SUM(f.images) AS bigint) AS mends,
			CAST(SUM(CASE WHEN f.severity >= 2 THEN f.images ELSE 0 END) AS bigint) AS serious, CAST(SUM(f.carried) AS bigint) AS bytes
		FROM inherited_findings f GROUP BY f.ancestor_id) AS m ON m.ancestor_id = a.id
	LEFT JOIN (SELECT ancestor_id, MIN(since) AS since FROM moved_bases GROUP BY ancestor_id) AS v ON v.ancestor_id = a.id;

CREATE VIEW moved AS
SELECT i.digest, {{refs}} AS refs, {{owners}} AS owners, m.ancestor_id, m.name, m.depth, m.since, m.now, m.source,
	CASE m.confidence WHEN 4 THEN 'proved' WHEN 3 THEN 'recorded' WHEN 2 THEN 'recognised' WHEN 1 THEN 'inferred' ELSE 'unknown' END AS confidence, m.tie
FROM moved_bases m JOIN images i ON i.base_id = m.base_id AND i.current
WHERE m.now_ancestor_id IS NULL OR i.ancestor_id <> m.now_ancestor_id;

CREATE VIEW unseen AS
SELECT a.id AS ancestor_id, l.name, a.shadowed AS unseen, a.content, s.images + o.images AS images, a.shadowed * (s.images + o.images) AS carried
FROM standing s JOIN ancestors a ON a.id = s.ancestor_id JOIN labels l ON l.ancestor_id = a.id
	JOIN itself o ON o.ancestor_id = a.id
UNION ALL
SELECT NULL, NULL, CAST(SUM(a.shadowed) AS bigint), CAST(SUM(a.content) AS bigint), COUNT(*), CAST(SUM(a.shadowed) AS bigint)
FROM images i JOIN ancestors a ON a.id = i.ancestor_id WHERE NOT a.has_children AND i.current;

CREATE VIEW bases AS
SELECT a.id AS ancestor_id, l.name, {{confidence}} AS confidence, l.tie, l.ours,
	CASE WHEN EXISTS (SELECT 1 FROM allowed) THEN EXISTS (
		SELECT 1 FROM below d JOIN allowed_ancestors w ON w.ancestor_id = d.ancestor_id WHERE d.base_id = a.id) END AS allowed,
	a.parent_id IS NULL AS root, COALESCE(b.images, 0) AS images, CASE WHEN a.parent_id IS NULL THEN s.images ELSE 0 END AS rooted,
	a.distro, a.created
FROM standing s JOIN ancestors a ON a.id = s.ancestor_id JOIN labels l ON l.ancestor_id = a.id
	LEFT JOIN (SELECT base_id, SUM(CASE WHEN current THEN 1 ELSE 0 END) AS images FROM images WHERE base_id IS NOT NULL GROUP BY base_id) AS b ON b.base_id = a.id
WHERE b.base_id IS NOT NULL OR a.parent_id IS NULL;
