package store

import (
	"database/sql"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// What several views say alike.
const (
	confidenceWord = "CASE l.confidence WHEN 4 THEN 'proved' WHEN 3 THEN 'recorded' WHEN 2 THEN 'recognised' WHEN 1 THEN 'inferred' ELSE 'unknown' END"
	refsOfImage    = "(SELECT string_agg(r.repository || CASE WHEN r.tag <> '' THEN ':' || r.tag ELSE '@' || r.digest END, ', ' ORDER BY r.repository, r.tag, r.digest) FROM sightings s JOIN refs r ON r.id = s.ref_id WHERE s.image_id = i.id AND s.latest)"
	ownersOfImage  = "(SELECT string_agg(o.owner, ', ' ORDER BY o.owner) FROM (SELECT DISTINCT r.owner FROM sightings s JOIN refs r ON r.id = s.ref_id WHERE s.image_id = i.id AND s.latest AND r.owner <> '') AS o)"
)

// A dialect is what differs between the databases.
type dialect struct {
	words      *strings.Replacer // what stands for {{…}} in the schema
	forUpdate  string            // ends a SELECT whose row is about to change
	numbered   bool              // parameters are $1, $2, … and not ?
	lock       string            // takes a lock by number until the transaction ends
	parameters int               // the most that a statement may have
	pattern    *strings.Replacer // makes a pattern with * one of {{matches}}
}

func onSQLite() *dialect {
	return &dialect{
		words:      words("{{id}}", "integer PRIMARY KEY AUTOINCREMENT", "{{clustered}}", "WITHOUT ROWID", "{{matches}}", "GLOB"),
		pattern:    strings.NewReplacer("?", "[?]", "[", "[[]"),
		parameters: 30_000,
	}
}

func onPostgres() *dialect {
	return &dialect{
		words:      words("{{id}}", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "{{clustered}}", "", "{{matches}}", "LIKE"),
		pattern:    strings.NewReplacer("*", "%", "%", `\%`, "_", `\_`, `\`, `\\`),
		forUpdate:  " FOR NO KEY UPDATE", // as UPDATE does: it does not wait for rows that refer to it
		numbered:   true,
		lock:       "SELECT pg_advisory_xact_lock(?)",
		parameters: 60_000,
	}
}

// words adds what both say alike to what a dialect has for {{…}}.
func words(own ...string) *strings.Replacer {
	return strings.NewReplacer(append(own,
		"{{confidence}}", confidenceWord,
		"{{severity}}", "CASE f.severity WHEN 2 THEN 'serious' WHEN 1 THEN 'warning' ELSE 'note' END",
		"{{refs}}", refsOfImage,
		"{{owners}}", ownersOfImage)...)
}

// connect opens a database, without looking at what is in it.
//
// SQLite has one writer at a time, and readers beside it (WAL). A transaction waits for its
// turn when it begins (immediate): one that read first and wanted to write later would fail,
// and not wait.
func connect(dsn string) (*Store, error) {
	if IsPostgres(dsn) {
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, err
		}
		// Postgres would compile the views' queries to machine code, which takes it longer than
		// to answer them.
		config.RuntimeParams["jit"] = "off"
		db := stdlib.OpenDB(*config)
		// database/sql keeps two connections. With more jobs than that at the same time each
		// would make its own, and ask Postgres to plan every query once more.
		db.SetMaxIdleConns(32)
		db.SetConnMaxIdleTime(10 * time.Second)
		return &Store{db: db, dialect: onPostgres()}, nil
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: dsn}).EscapedPath()+
		"?_txlock=immediate&_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"+
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)")
	return &Store{db: db, dialect: onSQLite()}, err
}

// rebind writes a query's parameters as the database has them. No query has a question mark
// that is none.
func (d *dialect) rebind(query string) string {
	if !d.numbered {
		return query
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}
