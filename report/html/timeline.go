package html

import (
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
	"github.com/stemma-go/stemma/report/lifecycle"
)

// A timeline is the picture of the chain in time.
type timeline struct {
	Lanes  []lane
	Ticks  []tick
	Today  string // where the report's day is
	Legend []mark
}

// A lane is what happened to an ancestor.
type lane struct {
	Name, Class, Anchor string
	Spans               []span
	Marks               []mark
	Says                []string // the same in words
}

// A span of a lane: "current" while no newer build existed, "past" from then on, "open" where
// that is not known.
type span struct{ X, W, Class string }

// A mark is a day of a lane; its class is its shape.
type mark struct {
	X, Y                string
	Class, Shape, Title string
	kind                string
}

// shape draws a kind of mark around the origin.
func shape(class string) string {
	switch class {
	case "built":
		return "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z"
	case "superseded":
		return "M0 -7L7 0L0 7L-7 0Z"
	case "abandoned":
		return "M-5 -5H5V5H-5Z"
	case "lagging":
		return "M0 -6L6 5H-6Z"
	}
	return "M-6 -4L-4 -6L0 -2L4 -6L6 -4L2 0L6 4L4 6L0 2L-4 6L-6 4L-2 0Z" // a cross: the end of a support
}

// legend says what the shapes mean that a timeline has.
func legend(lanes []lane) []mark {
	var marks []mark
	for _, m := range []mark{
		{Class: "built", Title: "built"}, {Class: "superseded", Title: "first newer build"}, {Class: "abandoned", Title: "tags given up"},
		{Class: "lagging", Title: "first newer build of its base"}, {Class: "eol", Title: "end of life"}, {Class: "extended", Title: "end of extended support"},
	} {
		if slices.ContainsFunc(lanes, func(l lane) bool {
			return slices.ContainsFunc(l.Marks, func(o mark) bool { return o.kind == m.Class })
		}) {
			m.Shape = shape(m.Class)
			marks = append(marks, m)
		}
	}
	return marks
}

// An event is a mark whose place is not known yet.
type event struct {
	on    time.Time
	class string
	title string
}

// far is how much of the future the timeline shows.
const far = 6

func newTimeline(r *report.Report) timeline {
	lives := make([]lifespan, len(r.Ancestors))
	scale := axis{oldest(r), r.AsOf}
	latest := r.AsOf.AddDate(far, 0, 0)
	for i := range lives {
		lives[i] = newLifespan(r, i)
		for _, e := range lives[i].events {
			if e.on.After(scale.to) {
				scale.to = e.on
			}
		}
	}
	if scale.to.After(latest) {
		scale.to = latest
	}
	room := scale.to.Sub(scale.from) / 40 // for the marks at the edges
	scale.from, scale.to = scale.from.Add(-room), scale.to.Add(room)
	t := timeline{Ticks: scale.years(10), Today: percent(scale.at(r.AsOf))}
	for i, l := range lives {
		t.Lanes = append(t.Lanes, l.draw(scale, lane{Name: title(r, i), Class: colour(i), Anchor: anchor(i)}))
	}
	t.Legend = legend(t.Lanes)
	return t
}

// A lifespan is what is known of an ancestor in time.
type lifespan struct {
	events []event
	spans  []period
	says   []string
}

type period struct {
	from, to time.Time
	class    string
}

func newLifespan(r *report.Report, i int) lifespan {
	var l lifespan
	built, why := r.Built(i)
	if why == "" {
		l.add(built, "built", "built on "+date(built))
	}
	l.says = append(l.says, builtText(r, i))
	a := r.Ancestors[i]
	if known := a.Standing != nil && (a.Standing.Superseded != nil || !a.Standing.Abandoned.IsZero()); known || !l.tag(a.Live, built, r.AsOf) {
		l.standing(a.Standing, built, r.AsOf)
	}
	l.lagging(a.Standing)
	for _, says := range words.Live(a.Live, r.AsOf) {
		l.says = append(l.says, show(says))
	}
	if a.Live != nil {
		l.add(a.Live.EndOfLife, "eol", "its publisher's end of life: "+date(a.Live.EndOfLife))
	}
	for _, c := range cycles(r.Ancestors[i]) {
		l.cycle(c, r.AsOf)
	}
	return l
}

func (l *lifespan) add(on time.Time, class, title string) {
	if !on.IsZero() {
		l.events = append(l.events, event{on, class, title})
	}
}

// between adds a period, if it is known when it began.
func (l *lifespan) between(from, to time.Time, class string) {
	if !from.IsZero() && to.After(from) {
		l.spans = append(l.spans, period{from, to, class})
	}
}

// standing says what became of the tag. built is zero if it is not known.
func (l *lifespan) standing(s *ancestry.Standing, built, asOf time.Time) {
	if s == nil {
		l.between(built, asOf, "open")
		l.says = append(l.says, "whether newer builds exist is not known")
		return
	}
	l.says = append(l.says, standingTexts(*s)...)
	switch s.State() {
	case ancestry.StateSuperseded, ancestry.StateAbandoned:
		gone := s.Abandoned
		if s.Superseded != nil {
			gone = s.Superseded.On
			l.add(gone, "superseded", "newer builds exist since "+date(gone))
		}
		l.between(built, gone, "current")
		l.between(gone, asOf, "past")
		l.add(s.Abandoned, "abandoned", "none of its tags is built any more since "+date(s.Abandoned))
	case ancestry.StateCurrent:
		l.between(built, s.AsOf, "current")
		l.between(s.AsOf, asOf, "open")
	default:
		l.between(built, asOf, "open")
	}
}

// lagging says what became of the base's tag.
func (l *lifespan) lagging(s *ancestry.Standing) {
	switch {
	case s == nil || s.Newer:
	case s.Lagging != nil:
		l.add(s.Lagging.On, "lagging", "newer builds of its base exist since "+date(s.Lagging.On))
		l.says = append(l.says, successionText("newer builds of its base "+brief(s.Lagging.Name.String())+" exist since "+date(s.Lagging.On), *s.Lagging))
	case s.NotKnown.Lagging != "":
		l.says = append(l.says, "whether newer builds of its base exist is not known: "+show(s.NotKnown.Lagging))
	}
}

// cycle says until when an operating system or a runtime is maintained.
func (l *lifespan) cycle(c lifecycle.Cycle, asOf time.Time) {
	name := brief(c.String())
	if c.EOL.IsZero() {
		l.says = append(l.says, "until when "+name+" is maintained is not known")
		return
	}
	ends := func(what string, on time.Time) string {
		if on.Before(asOf) {
			return what + " ended on " + date(on)
		}
		return what + " ends on " + date(on)
	}
	say := name + ": " + ends(c.Product.Ends, c.EOL)
	l.add(c.EOL, "eol", name+": end of life on "+date(c.EOL))
	if !c.Extended.IsZero() {
		say += ", " + ends(c.Product.Extended, c.Extended)
		l.add(c.Extended, "extended", name+": "+ends(c.Product.Extended, c.Extended))
	}
	if c.Product.ReadFrom == lifecycle.OSRelease {
		say += ", as its own os-release says"
	}
	l.says = append(l.says, show(say))
}

// draw places everything on the axis.
func (l lifespan) draw(scale axis, out lane) lane {
	out.Says = l.says
	for _, p := range l.spans {
		from, to := scale.at(p.from), scale.at(p.to)
		out.Spans = append(out.Spans, span{percent(from), percent(to - from), p.class})
	}
	slices.SortStableFunc(l.events, func(a, b event) int { return a.on.Compare(b.on) })
	for _, e := range l.events {
		class := e.class
		if e.on.After(scale.to) {
			class += " beyond"
		}
		y := "18"
		if e.class == "lagging" { // what befell the base is above the line
			y = "7"
		}
		out.Marks = append(out.Marks, mark{percent(scale.at(e.on)), y, class, shape(e.class), e.title, e.class})
	}
	return out
}

// cycles are the release cycles of what an ancestor is: its operating system, and the
// runtime that it is the official image of.
func cycles(a report.Ancestor) []lifecycle.Cycle {
	var found []lifecycle.Cycle
	if c, ok := lifecycle.Of(a.Distro); ok {
		found = append(found, c)
	}
	if len(a.Tags) == 0 {
		return found
	}
	product := a.Repository
	switch product {
	case "golang":
		product = "go"
	case "eclipse-temurin":
		product = "temurin"
	}
	version, _, _ := strings.Cut(a.Tags[0], "-")
	if c, ok := lifecycle.Find(product, version); ok && !slices.ContainsFunc(found, func(f lifecycle.Cycle) bool { return f.Product.ID == c.Product.ID }) {
		found = append(found, c)
	}
	return found
}

// standingTexts says how an ancestor stands among the images of its tags, a fact each.
func standingTexts(s ancestry.Standing) []string {
	var say []string
	switch s.State() {
	case ancestry.StateNewer:
		return []string{"whether newer builds exist is not known: it was built after " + date(s.AsOf) + ", the day of the catalogue"}
	case ancestry.StateNotKnown:
		why := s.NotKnown.Superseded
		if why == "" {
			why = s.NotKnown.Abandoned
		}
		say = append(say, "whether newer builds exist is not known: "+show(why))
	case ancestry.StateCurrent:
		say = append(say, "no newer build exists (as of "+date(s.AsOf)+")")
	default:
		if s.Superseded != nil {
			say = append(say, successionText("newer builds of "+brief(s.Superseded.Name.String())+" exist since "+date(s.Superseded.On), *s.Superseded))
		}
		if !s.Abandoned.IsZero() {
			say = append(say, "none of its tags is built any more since "+date(s.Abandoned))
		}
	}
	return say
}

// successionText says what a tag is now.
func successionText(say string, s ancestry.Succession) string {
	if s.Times > 1 {
		say += ", " + number(s.Times) + " of them"
	}
	switch {
	case s.Now != "":
		say += "; the newest is " + brief(s.Now)
	case !s.Until.IsZero():
		say += "; the last was given up on " + date(s.Until)
	}
	return say
}
