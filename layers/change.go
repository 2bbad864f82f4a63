package layers

import "io/fs"

// changeOf compares a record with the one of the same node in the layers below,
// None if there was none. Other names of a file count as that file: who rewrites a
// file and its second name with the same content has changed neither.
func (m *merger) changeOf(before, id int32) Change {
	if before == None {
		return Added
	}
	was, is := m.recs.at(before), m.recs.at(id)
	old, file := m.recs.inode(before), m.recs.inode(id)
	if old == None || file == None {
		// A hard link that leads nowhere is like another of the same target only.
		if old != file || was.link != is.link {
			return Replaced
		}
		return m.metadata(was, is)
	}
	a, b := m.recs.at(old), m.recs.at(file)
	if a.typ != b.typ {
		return Replaced
	}
	same := true
	switch b.typ {
	case Regular:
		same = a.size == b.size && a.sum == b.sum && (a.flags|b.flags)&unexpanded == 0
	case Symlink:
		same = m.recs.links[a.link] == m.recs.links[b.link]
	case Device:
		same = a.sum == b.sum && m.isChar(was) == m.isChar(is)
	}
	if !same {
		return Modified
	}
	return m.metadata(was, is)
}

// metadata compares what is not content. A directory's time does not count: it
// changes whenever something in the directory does. Fractions of seconds do not
// count either: some tar formats drop them.
func (m *merger) metadata(was, is *record) Change {
	if is.typ != Directory && was.sec != is.sec || was.attrs != is.attrs && m.attrsDiffer(was, is) {
		return Metadata
	}
	return Unchanged
}

// attrsDiffer compares attributes but for the type, which a hard link does not tell.
func (m *merger) attrsDiffer(was, is *record) bool {
	a, b := m.attrTable.get(was.attrs), m.attrTable.get(is.attrs)
	a.mode &^= fs.ModeType
	b.mode &^= fs.ModeType
	return a != b
}

// isChar tells character from block devices.
func (m *merger) isChar(r *record) bool {
	return m.attrTable.get(r.attrs).mode&fs.ModeCharDevice != 0
}
