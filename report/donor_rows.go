package report

// A donorRow says what a repository's images install where, and so how its files are
// recognised in another image. Paths are those of the repository's images, as patterns of
// package path; the last element is a plain name. "a//b" stands for the directory a, in which
// b shows that it is there.
type donorRow struct {
	repository string
	// needs are the files that must all have been copied: without them it is a part, such as
	// site-packages, which anybody can have made. The first is the program.
	needs []string
	// parts are what may have been copied besides.
	parts []string
	// packages are the names that the inventory gives to it, and states the patterns of the
	// files in which its version stands.
	packages, states []string
	// purl must be in the package URL: others install at the same place.
	purl string
	// marks are files that the repository's images have beside it, and those who install the
	// same software by hand have not. A copied directory that should hold one must have it.
	marks []string
}

// donorRows is the table of donors. The facts are in the Dockerfiles of the repositories
// named, at the head of their main branches of 2026 and since the versions that they still
// build. What is not in it: software that its publisher's installer puts at the very place
// where the image has it (amazon/aws-cli: /usr/local/aws-cli), what a distribution's package
// puts there (busybox), and what states no version in its files.
func donorRows() []donorRow {
	return []donorRow{
		{ // github.com/caddyserver/caddy-docker; those of caddy:builder have it from xcaddy
			repository: "caddy",
			needs:      []string{"usr/bin/caddy"},
			packages:   []string{"github.com/caddyserver/caddy/v2"}, states: []string{"usr/bin/caddy"},
		},
		{ // github.com/composer/docker, stage binary-with-runtime
			repository: "composer",
			needs:      []string{"usr/bin/composer"},
			packages:   []string{"composer"}, states: []string{"usr/bin/composer"},
		},
		{ // the same, stage standalone-binary: composer/composer:2-bin
			repository: "composer/composer",
			needs:      []string{"composer"},
			packages:   []string{"composer"}, states: []string{"composer"},
		},
		{ // github.com/denoland/deno_docker, bin.dockerfile
			repository: "denoland/deno",
			needs:      []string{"deno"},
			packages:   []string{"deno"}, states: []string{"deno"},
		},
		{ // github.com/adoptium/containers; IBM Semeru's images have the same place
			repository: "eclipse-temurin",
			needs:      []string{"opt/java/openjdk//bin/java", "opt/java/openjdk//release"},
			packages:   []string{"openjdk", "jdk", "jre"}, states: []string{"opt/java/openjdk/release"},
			purl: "adoptium",
		},
		{ // github.com/astral-sh/uv, Dockerfile
			repository: "ghcr.io/astral-sh/uv",
			needs:      []string{"uv"},
			parts:      []string{"uvx"},
			packages:   []string{"uv"}, states: []string{"uv"},
		},
		{ // github.com/docker-library/golang
			repository: "golang",
			needs: []string{"usr/local/go//bin/go", "usr/local/go//VERSION", "usr/local/go//src/runtime/proc.go",
				"usr/local/go//pkg/tool/*/compile"},
			packages: []string{"go"}, states: []string{"usr/local/go/bin/go", "usr/local/go/VERSION"},
		},
		{ // github.com/nodejs/docker-node
			repository: "node",
			needs:      []string{"usr/local/bin/node"},
			parts:      []string{"usr/local/lib/node_modules/npm//package.json", "usr/local/include/node//node.h", "opt/yarn-v*//package.json"},
			packages:   []string{"node"}, states: []string{"usr/local/bin/node"},
			marks: []string{"usr/local/bin/docker-entrypoint.sh"},
		},
		{ // github.com/docker-library/openjdk
			repository: "openjdk",
			needs:      []string{"usr/local/openjdk-*//bin/java", "usr/local/openjdk-*//release"},
			packages:   []string{"openjdk", "jdk", "jre"}, states: []string{"usr/local/openjdk-*/release", "usr/local/openjdk-*/bin/java"},
		},
		{ // github.com/docker-library/php
			repository: "php",
			needs:      []string{"usr/local/bin/php", "usr/local/lib/php/extensions//*/sodium.so"},
			parts:      []string{"usr/local/sbin/php-fpm", "usr/local/lib/php//PEAR.php", "usr/local/include/php//main/php.h"},
			packages:   []string{"php-cli"}, states: []string{"usr/local/bin/php"},
			marks: []string{"usr/local/bin/docker-php-entrypoint"},
		},
		{ // github.com/docker-library/python
			repository: "python",
			needs:      []string{"usr/local/bin/python3", "usr/local/lib/python3.*//os.py"},
			parts:      []string{"usr/local/lib/libpython3.so", "usr/local/include/python3.*//Python.h"},
			packages:   []string{"python"}, states: []string{"usr/local/bin/python3.*", "usr/local/lib/libpython3.*"},
			marks: []string{"usr/local/bin/python"},
		},
		{ // github.com/docker-library/ruby
			repository: "ruby",
			needs:      []string{"usr/local/bin/ruby", "usr/local/lib/ruby//*/rubygems.rb"},
			parts:      []string{"usr/local/include/ruby-*//ruby.h"},
			packages:   []string{"ruby"}, states: []string{"usr/local/bin/ruby", "usr/local/lib/libruby.so.*"},
			marks: []string{"usr/local/etc/gemrc"},
		},
		{ // github.com/rust-lang/docker-rust
			repository: "rust",
			needs:      []string{"usr/local/rustup//toolchains/*/bin/rustc", "usr/local/cargo//bin/cargo"},
			packages:   []string{"rust"}, states: []string{"usr/local/rustup/toolchains/*/lib/libstd-*.so"},
		},
	}
}
