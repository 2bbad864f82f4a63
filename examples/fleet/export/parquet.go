package export

import (
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/parquet-go/parquet-go"
)

// groupRows are the rows of one row group. A writer keeps one group in memory, compressed, and
// no more of a table.
const groupRows = 100_000

// batchRows are handed on at once.
const batchRows = 256

// A parquetSink writes Parquet: the columns in their order, compressed with Zstandard, text with
// a dictionary. What is not known is null.
type parquetSink struct {
	w       *parquet.GenericWriter[any]
	columns []Column
	batch   []parquet.Row
}

func newParquet(w io.Writer, t Table) (sink, error) {
	return &parquetSink{columns: t.Columns, w: parquet.NewGenericWriter[any](w, parquetSchema(t), parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(groupRows), parquet.DictionaryMaxBytes(1<<20), parquet.CreatedBy("stemma fleet", "", ""), parquet.KeyValueMetadata("stemma.table", t.Name))}, nil
}

// parquetSchema makes the schema of a table by way of a struct, whose fields keep their order.
func parquetSchema(t Table) *parquet.Schema {
	types := map[Kind]reflect.Type{Text: reflect.TypeFor[string](), Integer: reflect.TypeFor[int64](), Real: reflect.TypeFor[float64](),
		Boolean: reflect.TypeFor[bool](), Time: reflect.TypeFor[time.Time]()}
	var fields []reflect.StructField
	for i, c := range t.Columns {
		tag := c.Name
		switch c.Kind {
		case Text:
			tag += ",dict"
		case Time:
			tag += ",timestamp(microsecond)"
		}
		if c.Null {
			tag += ",optional"
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("C%d", i), Type: types[c.Kind], Tag: reflect.StructTag(fmt.Sprintf("parquet:%q", tag))})
	}
	return parquet.NewSchema(t.Name, parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()))
}

func (s *parquetSink) row(values []any) error {
	line := make(parquet.Row, len(values))
	for i, v := range values {
		level := 0
		if s.columns[i].Null && v != nil {
			level = 1
		}
		if at, ok := v.(time.Time); ok {
			v = at.UnixMicro()
		}
		line[i] = parquet.ValueOf(v).Level(0, level, i)
	}
	if s.batch = append(s.batch, line); len(s.batch) < batchRows {
		return nil
	}
	return s.flush()
}

func (s *parquetSink) flush() error {
	_, err := s.w.WriteRows(s.batch)
	s.batch = s.batch[:0]
	return err
}

func (s *parquetSink) close() error {
	if err := s.flush(); err != nil {
		return err
	}
	return s.w.Close()
}
