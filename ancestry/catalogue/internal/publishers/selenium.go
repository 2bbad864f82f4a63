package publishers

// Selenium's Makefile builds each directory at a release, which is a git tag, 4.25.0-20241010:
// an image is tagged with it, and built FROM the one below with the same tag. Only Base gets
// the version as a build argument. The files before 4.8.3 name another parent than they
// were built on: a program rewrote them.
func seleniumFiles() []File {
	const (
		release = `(?P<version>4\.(?:8\.3|9\.\d+|\d\d\.\d+))-(?P<day>\d{8})`
		authors = "SeleniumHQ"
	)
	tags := []string{"${version}-${day}", "${version}", "latest"}
	files := []File{{
		Path: `Base/Dockerfile`, Name: "selenium/base", Tags: tags, Release: release,
		Args: map[string]string{"VERSION": "${version}", "RELEASE": "selenium-${version}", "AUTHORS": authors},
	}}
	add := func(dir, name, base string) {
		args := map[string]string{"NAMESPACE": "selenium", "VERSION": "${version}-${day}", "AUTHORS": authors}
		if base != "" {
			args["BASE"] = base
		}
		files = append(files, File{Path: dir + `/Dockerfile`, Name: "selenium/" + name, Tags: tags, Release: release, Args: args})
	}
	for _, x := range [][2]string{
		{"Hub", "hub"}, {"Distributor", "distributor"}, {"Router", "router"}, {"Sessions", "sessions"}, {"SessionQueue", "session-queue"},
		{"EventBus", "event-bus"}, {"NodeBase", "node-base"}, {"NodeChrome", "node-chrome"}, {"NodeChromium", "node-chromium"},
		{"NodeEdge", "node-edge"}, {"NodeFirefox", "node-firefox"}, {"NodeDocker", "node-docker"}, {"StandaloneDocker", "standalone-docker"},
	} {
		add(x[0], x[1], "")
	}
	for _, browser := range []string{"chrome", "chromium", "edge", "firefox"} {
		add("Standalone", "standalone-"+browser, "node-"+browser)
	}
	return files
}
