package data

import "time"

// A Day is a day in UTC, counted from 1 January 2013, the year of the first
// official images. It stands for a commit of the catalogue's source.
type Day int32

// Ongoing is the end of a span that had not ended when the catalogue was made.
const Ongoing Day = 1<<31 - 1

var dayZero = time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC)

// DayOf returns the day on which t lies.
func DayOf(t time.Time) Day {
	const day = 24 * 60 * 60
	seconds := t.Unix() - dayZero.Unix()
	d := seconds / day
	if seconds < 0 && seconds%day != 0 {
		d--
	}
	return Day(max(min(d, int64(Ongoing)-1), -int64(Ongoing)))
}

// Time returns the day's first moment; the zero time for Ongoing.
func (d Day) Time() time.Time {
	if d == Ongoing {
		return time.Time{}
	}
	return dayZero.AddDate(0, 0, int(d))
}

// String returns the day as 2006-01-02, "ongoing" for Ongoing.
func (d Day) String() string {
	if d == Ongoing {
		return "ongoing"
	}
	return d.Time().Format(time.DateOnly)
}
