package rules

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func mode(name string, m int64) handmade.File {
	f := handmade.File{Name: name, Body: "x", Mode: m}
	if name[len(name)-1] == '/' {
		f.Body = ""
	}
	return f
}

func owned(f handmade.File, uid int) handmade.File { f.UID = uid; return f }

// onBase is an image of two ancestors: a base of the first files, and a layer for each of
// the rest.
func onBase(base []handmade.File, own ...[]handmade.File) handmade.Image {
	im := handmade.Image{
		Steps:     []handmade.Step{buildkit("ADD rootfs.tar.xz / # buildkit", base...)},
		Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Steps: len(own)}},
	}
	for _, files := range own {
		im.Steps = append(im.Steps, buildkit("COPY x / # buildkit", files...))
	}
	return im
}

type fileList = []handmade.File

func TestSetuid(t *testing.T) {
	for name, tt := range map[string]struct {
		base  fileList
		own   []fileList
		wants []want
	}{
		"own":          {fileList{mode("bin/sh", 0o755)}, []fileList{{mode("app", 0o4755), mode("ssh-agent", 0o2755), mode("lib/", 0o2755)}}, []want{{0, 1, 1, report.Warning, "/app", "/app and /ssh-agent", "chmod a-s", 0}}},
		"inherited":    {fileList{mode("bin/su", 0o4755)}, []fileList{{mode("app", 0o755)}}, nil},
		"only chowned": {fileList{mode("bin/su", 0o4755)}, []fileList{{owned(mode("bin/su", 0o4755), 7)}}, nil},
		"own chmod":    {fileList{mode("bin/su", 0o755)}, []fileList{{mode("bin/su", 0o755)}, {mode("bin/su", 0o4755)}, {owned(mode("bin/su", 0o4755), 7)}}, []want{{0, 2, 2, report.Warning, "/bin/su", "", "", 0}}},
		"deleted":      {fileList{mode("bin/sh", 0o755)}, []fileList{{mode("app", 0o4755)}, {mode(".wh.app", 0o644)}}, nil},
		"mended":       {fileList{mode("bin/sh", 0o755)}, []fileList{{mode("app", 0o4755)}, {mode("app", 0o755)}}, nil},
		"no program":   {fileList{mode("bin/sh", 0o755)}, []fileList{{mode("data", 0o4644)}}, nil},
		"a hard link":  {fileList{mode("bin/sh", 0o755)}, []fileList{{mode("a", 0o4755), {Name: "b", Hard: "a", Mode: 0o4755}}}, []want{{0, 1, 1, report.Warning, "/a", "/a and /b", "", 0}}},
	} {
		t.Run(name, func(t *testing.T) { check(t, Setuid(), onBase(tt.base, tt.own...).Report(t), tt.wants...) })
	}
}

// What a distribution itself brings is nobody's to change, whoever asks for its image.
func TestModesOfADistribution(t *testing.T) {
	im := handmade.Image{
		Steps:     []handmade.Step{buildkit("ADD rootfs.tar.xz / # buildkit", mode("bin/su", 0o4755), mode("srv/", 0o777)), buildkit("RUN x", mode("app", 0o4755))},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "13", Steps: 2, Distro: ancestry.Distro{ID: "debian"}}},
	}
	check(t, Setuid(), im.Report(t), want{0, 1, 1, report.Warning, "/app", "", "", 0})
	check(t, WorldWritable(), im.Report(t))
	im.Ancestors[0].Distro = ancestry.Distro{} // not a distribution: whoever made it, made all of it
	check(t, WorldWritable(), im.Report(t), want{0, 0, 0, report.Warning, "/srv", "", "", 0})
	r := im.Report(t)
	r.Index.Config.OS = "windows"
	check(t, WorldWritable(), r)
}

func TestWorldWritable(t *testing.T) {
	for name, tt := range map[string]struct {
		base  fileList
		own   []fileList
		wants []want
	}{
		"a tree": {fileList{mode("bin/sh", 0o755)}, []fileList{{mode("app/", 0o777), mode("app/a", 0o666), mode("app/b/", 0o777), mode("app/b/c", 0o777), mode("app.log", 0o666)}},
			[]want{{0, 1, 1, report.Warning, "/app", "change /app and /app.log, and 3 paths below", "COPY --chown", 0}}},
		"sticky":    {fileList{mode("bin/sh", 0o755)}, []fileList{{mode("var/www/", 0o1777), mode("app", 0o664), {Name: "l", Link: "app", Mode: 0o777}}}, nil},
		"inherited": {fileList{mode("srv/", 0o777)}, []fileList{{mode("app", 0o755)}}, nil},
		"two layers": {fileList{mode("bin/sh", 0o755)}, []fileList{{mode("a", 0o777)}, {mode("b", 0o777)}},
			[]want{{0, 1, 1, report.Warning, "/a", "", "", 0}, {0, 2, 2, report.Warning, "/b", "", "", 0}}},
	} {
		t.Run(name, func(t *testing.T) { check(t, WorldWritable(), onBase(tt.base, tt.own...).Report(t), tt.wants...) })
	}
}

const passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:::\ntoor:x:0:0:::\n"

func TestUserByName(t *testing.T) {
	accounts := fileList{{Name: "etc/passwd", Body: passwd}, {Name: "etc/group", Body: "root:x:0:\nweb:x:33:app\n"}}
	for name, tt := range map[string]struct {
		user  string
		steps [2]string // root's, image's
		wants []want
	}{
		"own name":           {"app", [2]string{"RUN a", "USER app"}, []want{{0, -1, 1, report.Note, "user", "(etc/passwd gives it the number 1000)", "end the Dockerfile with a user by number, which an orchestrator can check: USER 1000", 0}}},
		"inherited":          {"app", [2]string{"USER app", "RUN b"}, []want{{1, -1, 0, report.Note, "user", "", "end the Dockerfile with a user by number, which an orchestrator can check: USER 1000", 0}}},
		"with a group":       {"app:web", [2]string{"RUN a", "USER app:web"}, []want{{0, -1, 1, report.Note, "user", "names its user, app,", "", 0}}},
		"root in disguise":   {"toor", [2]string{"RUN a", "USER toor"}, []want{{0, -1, 1, report.Warning, "user", "runs as root under another name", "USER 10001", 0}}},
		"no such user":       {"ap", [2]string{"RUN a", "USER ap"}, []want{{0, -1, 1, report.Warning, "user", "no container can start", "", 0}}},
		"no such group":      {"app:x", [2]string{"RUN a", "USER app:x"}, []want{{0, -1, 1, report.Warning, "user", "no container can start", "", 0}}},
		"history without it": {"app", [2]string{"RUN a", "RUN b"}, []want{{0, -1, -1, report.Note, "user", "", "", 0}}},
		"a number":           {"1000:web", [2]string{"RUN a", "USER 1000:web"}, nil},
		"root":               {"root", [2]string{"RUN a", "USER root"}, nil},
		"nobody says":        {"", [2]string{"RUN a", "RUN b"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{
				Config:    v1.Config{User: tt.user},
				Steps:     []handmade.Step{buildkit(tt.steps[0], accounts...), buildkit(tt.steps[1])},
				Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Steps: 1}},
			}
			check(t, UserByName(), im.Report(t), tt.wants...)
		})
	}
	// Nobody read the files: it is not known who that is, and not said.
	im := handmade.Image{Config: v1.Config{User: "toor"}, Steps: []handmade.Step{buildkit("COPY x / # buildkit", accounts...), buildkit("USER toor")}}
	r := im.Report(t)
	r.Files = nil
	check(t, UserByName(), r, want{0, -1, 1, report.Note, "user", "names its user, toor, so that no orchestrator can tell that it is not root", "USER 10001", 0})
	check(t, UserByName(), im.ConfigReport(t), want{0, -1, 1, report.Note, "user", "", "", 0})
}

func TestWritableSystem(t *testing.T) {
	group := func(f handmade.File, gid int) handmade.File { f.GID = gid; return f }
	accounts := handmade.File{Name: "etc/passwd", Body: passwd}
	groups := handmade.File{Name: "etc/group", Body: "web:x:33:app\n"}
	for name, tt := range map[string]struct {
		user  string
		base  fileList
		own   []fileList
		wants []want
	}{
		"own": {"app", fileList{accounts}, []fileList{{owned(mode("etc/nginx/", 0o755), 1000), owned(mode("etc/nginx/conf.d/", 0o755), 1000), owned(mode("usr/local/bin/", 0o755), 1000)}},
			[]want{{0, 1, 1, report.Warning, "/etc/nginx", "lets its user, app, write to /etc/nginx and /usr/local/bin", "give these directories to root", 0}}},
		"inherited":           {"app", fileList{accounts, owned(mode("etc/nginx/", 0o755), 1000)}, []fileList{{mode("a", 0o755)}}, []want{{1, 0, 0, report.Warning, "/etc/nginx", "", "give these directories to root", 0}}},
		"its group's":         {"app", fileList{accounts}, []fileList{{group(mode("etc/a/", 0o775), 1001)}}, []want{{0, 1, 1, report.Warning, "/etc/a", "", "", 0}}},
		"another group of it": {"app", fileList{accounts, groups}, []fileList{{group(mode("usr/lib/a/", 0o775), 33)}}, []want{{0, 1, 1, report.Warning, "/usr/lib/a", "", "", 0}}},
		"not with that group": {"app:1001", fileList{accounts, groups}, []fileList{{group(mode("usr/lib/a/", 0o775), 33)}}, nil},
		"a number is in group 0": {"4711", fileList{accounts}, []fileList{{group(mode("etc/a/", 0o775), 0)}},
			[]want{{0, 1, 1, report.Warning, "/etc/a", "lets its user, 4711, write", "", 0}}},
		"everybody's, from the base": {"4711", fileList{mode("etc/a/", 0o777)}, []fileList{{mode("a", 0o755)}}, []want{{1, 0, 0, report.Warning, "/etc/a", "", "", 0}}},
		"everybody's, its own":       {"4711", fileList{accounts}, []fileList{{mode("etc/a/", 0o777)}}, nil}, // world-writable says so
		"another's":                  {"app", fileList{accounts, groups}, []fileList{{owned(mode("etc/a/", 0o755), 33), group(mode("etc/b/", 0o775), 34)}}, nil},
		"its application":            {"app", fileList{accounts}, []fileList{{owned(mode("app/", 0o755), 1000), owned(mode("opt/etc/", 0o755), 1000), owned(mode("home/app/bin/", 0o755), 1000)}}, nil},
		"read only":                  {"app", fileList{accounts}, []fileList{{owned(mode("etc/a/", 0o555), 1000)}}, nil},
		"root":                       {"", fileList{accounts}, []fileList{{mode("etc/a/", 0o755)}}, nil},
		"nobody knows who":           {"ghost", fileList{accounts}, []fileList{{owned(mode("etc/a/", 0o755), 1000)}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			im := onBase(tt.base, tt.own...)
			im.Config = handmade.User(tt.user)
			check(t, WritableSystem(), im.Report(t), tt.wants...)
		})
	}
}
