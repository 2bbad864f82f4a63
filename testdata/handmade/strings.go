package handmade

import (
	"reflect"
	"time"
)

// SetStrings sets every string that can be reached from v through pointers, structs and
// slices, and that can be set.
func SetStrings(v any, s string) { setStrings(reflect.ValueOf(v), s) }

func setStrings(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			setStrings(v.Elem(), s)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			setStrings(v.Field(i), s)
		}
	case reflect.Slice:
		for i := range v.Len() {
			setStrings(v.Index(i), s)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(s)
		}
	}
}
