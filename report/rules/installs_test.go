package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestUnpinnedInstall(t *testing.T) {
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("RUN /bin/sh -c pip install flask # buildkit", file("a", 1)),
			buildkit("RUN /bin/sh -c pip install -U flask 'gunicorn>=20' requests==2.31.0 && npm i -g yarn # buildkit", file("b", 1)),
			buildkit("COPY . . # buildkit", file("srv/app/package-lock.json", 1)),
			buildkit("WORKDIR /srv/app"),
			buildkit("RUN /bin/sh -c npm install express # buildkit", file("c", 1)),
			buildkit("WORKDIR /other"),
			buildkit("RUN /bin/sh -c npm install express # buildkit", file("d", 1)),
			buildkit("RUN /bin/sh -c cd x && npm install express # buildkit", file("e", 1)),
		},
		Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Steps: 7}},
	}
	check(t, UnpinnedInstall(), im.Report(t),
		want{0, 1, 1, report.Warning, "flask", "step 1 installs whatever version is newest: flask, gunicorn>=20 and yarn", "lock file", 0},
		want{0, 4, 6, report.Warning, "express", "", "", 0})
	// Without layers, nothing tells of lock files.
	check(t, UnpinnedInstall(), im.ConfigReport(t), want{0, 1, 1, report.Warning, "flask", "", "", 0})
	im.Ancestors[0].Steps, im.Ancestors[1].Steps = 8, 0
	check(t, UnpinnedInstall(), im.Report(t)) // all of it is the base's
}

func TestUnpinned(t *testing.T) {
	for script, want := range map[string]string{
		"pip install flask": "flask",
		"pip3.11 install --no-cache-dir -i https://x/simple flask[async]": "flask[async]",
		"python3 -m pip install --upgrade pip":                            "pip",
		"PIP_NO_CACHE_DIR=1 /opt/venv/bin/pip install 'flask~=3.0'":       "flask~=3.0",
		"uv pip install --system ruff black==24.1.0":                      "ruff",
		"uv tool install ruff":                                            "ruff",
		"pipx install poetry":                                             "poetry",
		"npm install -g @angular/cli typescript@5.4 npm@latest":           "@angular/cli npm@latest",
		"npm i express":                                                     "express",
		"yarn global add serve":                                             "serve",
		"gem install rails bundler:2.5.0":                                   "rails",
		"go install golang.org/x/tools/cmd/goimports@latest":                "golang.org/x/tools/cmd/goimports@latest",
		"cargo install --locked ripgrep":                                    "ripgrep",
		"composer global require laravel/installer":                         "laravel/installer",
		"bash -c 'pip install flask'":                                       "flask",
		"if true; then pip install flask; fi":                               "flask",
		"pip install -r requirements.txt flask":                             "",
		"pip install -rrequirements.txt":                                    "",
		"pip install -c constraints.txt flask":                              "",
		"pip install flask==3.0.2 requests===2.31":                          "",
		"pip install . ./wheels/x.whl app.whl 'x @ https://example.com/x'":  "",
		"pip install git+https://github.com/a/b@0123456 https://x/y.tar.gz": "",
		"pip install \"flask==$VERSION\" $PACKAGES":                         "",
		"pip download flask":                                                "",
		"npm install":                                                       "",
		"npm ci":                                                            "",
		"npm install -g yarn@1.22 @scope/x@^2 \"npm@$NPM_VERSION\"":         "",
		"npm install ./local file:../x github:a/b#v1":                       "",
		"npm run install x":                                                 "",
		"yarn install --frozen-lockfile":                                    "",
		"gem install rails -v 7.1.3":                                        "",
		"gem install x.gem":                                                 "",
		"go install ./...":                                                  "",
		"go install example.com/x@v1.2.3":                                   "",
		"go install example.com/x@0a1b2c3":                                  "",
		"cargo install --path .":                                            "",
		"cargo install ripgrep --version 14.1.0":                            "",
		"cargo install ripgrep@14.1.0":                                      "",
		"composer require a/b:^2.0":                                         "",
		"apt-get install -y curl":                                           "",
		"echo pip install flask":                                            "",
	} {
		list, ok := commands(script)
		assert.True(t, ok, script)
		var got []string
		for _, c := range list {
			prog, args := program(c.words)
			got = append(got, unpinned(prog, args, func() bool { return false })...)
		}
		assert.Equal(t, want, strings.Join(got, " "), script)
	}
}

func TestUncheckedInstall(t *testing.T) {
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("RUN /bin/sh -c curl -fsSL https://a.example/install.sh | sh # buildkit", file("a", 1)),
			buildkit("RUN /bin/sh -c set -eux; curl -fsSL https://deb.example/setup_20.x | bash - && apt-get install -y --allow-unauthenticated nodejs # buildkit", file("b", 1)),
			buildkit("RUN /bin/sh -c curl -o x https://a.example && sha256sum -c x.sum && sh x # buildkit", file("c", 1)),
		},
		Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Steps: 2}},
	}
	check(t, UncheckedInstall(), im.Report(t), want{0, 1, 1, report.Warning, "", "step 1 runs what it fetches from the network: its output goes to bash", "compare its checksum", 0})
	check(t, UncheckedInstall(), im.ConfigReport(t), want{0, 1, 1, report.Warning, "", "", "", 0})
}

func TestUnchecked(t *testing.T) {
	for script, want := range map[string]bool{
		"curl x | sh":                    true,
		"curl x | sudo -E bash -":        true,
		"wget -qO- x | bash -s -- --yes": true,
		"curl -sS https://example.com/installer | php -- --quiet":   true,
		"curl -sSL x | python3 -":                                   true,
		"bash <(curl -s x)":                                         true,
		"sh -c \"$(curl -fsSL x)\"":                                 true,
		"bash -lc \"$(wget -O - x)\"":                               true,
		"eval \"$(curl x)\"":                                        true,
		"curl x | tar -xO | sh":                                     true,
		"apt-get install -y --allow-unauthenticated x":              true,
		"apt-get -o Acquire::AllowInsecureRepositories=true update": true,
		"apk add --allow-untrusted x.apk":                           true,
		"dnf install -y --nogpgcheck x":                             true,
		"zypper --no-gpg-checks in x":                               true,
		"echo 'deb [arch=amd64 trusted=yes] https://x /' > /etc/apt/sources.list.d/x.list": true,
		"echo 'deb [trusted=yes] file:/debs ./' > /etc/apt/sources.list.d/x.list":          false,
		"echo 'deb [signed-by=/x.gpg] https://x /' > /etc/apt/sources.list.d/x.list":       false,
		"curl x | gpg --dearmor -o /y":           false,
		"curl x | tar xz && sh y":                false,
		"curl x | python3 -c 'import json, sys'": false,
		"curl x | python3 -m json.tool":          false,
		"curl x | perl -ne 'print'":              false,
		"curl x | while read y; do sh $y; done":  false,
		"x=$(curl y); sh z $x":                   false,
		"cat x | sh":                             false,
		"apt-get install -y x":                   false,
	} {
		list, ok := commands(script)
		assert.True(t, ok, script)
		got := false
		for _, c := range list {
			what, remedy := unchecked(c)
			got = got || what != ""
			assert.Equal(t, what == "", remedy == "")
		}
		assert.Equal(t, want, got, script)
	}
}
