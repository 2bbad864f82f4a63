# shellcheck shell=bash
# Python, Ruby, PHP, Java, JavaScript, Go, Rust and .NET on a Debian root: what lies
# in files of its own, each with an upgrade, a removal and a return.
. "$here/debian.sh"
. "$here/composer.sh"
. "$here/cargo.sh"
. "$here/dotnet.sh"

wheel() { python3 "$here/../chain/makewheel.py" "$1" "$2" "$work/wheels"; }

# gem NAME VERSION: build it.
gem_of() {
	local dir=$work/gems/$1-$2
	mkdir -p "$dir/lib"
	printf 'VERSION = "%s"\n' "$2" >"$dir/lib/$1.rb"
	cat >"$dir/$1.gemspec" <<-SPEC
		Gem::Specification.new do |s|
		  s.name = "$1"
		  s.version = "$2"
		  s.summary = "A gem of one file"
		  s.authors = ["Nobody"]
		  s.license = "Apache-2.0"
		  s.files = ["lib/$1.rb"]
		end
	SPEC
	(cd "$dir" && gem build --silent "$1.gemspec" --output "$work/gems/$1-$2.gem" >/dev/null)
}

# jar NAME VERSION [INNER]: print the file of a jar, with another inside.
jar_of() {
	local dir file=$work/jars/$1-$2.jar
	dir=$(mktemp -d "$work/jar-XXXXXX")
	mkdir -p "$work/jars" "$dir/META-INF/maven/org.example/$1"
	printf 'Manifest-Version: 1.0\nImplementation-Title: %s\nImplementation-Version: %s\n' "$1" "$2" >"$work/manifest"
	printf 'groupId=org.example\nartifactId=%s\nversion=%s\n' "$1" "$2" >"$dir/META-INF/maven/org.example/$1/pom.properties"
	if [[ ${3:-} ]]; then
		mkdir -p "$dir/BOOT-INF/lib"
		cp "$3" "$dir/BOOT-INF/lib/"
	fi
	jar -c -f "$file" -m "$work/manifest" -C "$dir" .
	rm -r "$dir"
	printf '%s\n' "$file"
}

# npm_pack NAME VERSION: print the file of a package.
npm_pack() {
	local dir=$work/npm/$1-$2 file
	mkdir -p "$dir"
	printf '{"name": "%s", "version": "%s", "license": "Apache-2.0", "main": "index.js"}\n' "$1" "$2" >"$dir/package.json"
	printf 'module.exports = "%s"\n' "$2" >"$dir/index.js"
	file=$(cd "$work/npm" && npm pack --silent "./$1-$2")
	printf '%s\n' "$work/npm/$file"
}

npm_in() { npm "$1" --prefix "$R/srv/app" --offline --no-audit --no-fund --install-links --cache "$work/npm-cache" "${@:2}"; }

hello() {
	mkdir -p "$R/usr/local/bin"
	cp -r "$here/../chain/hello" "$work/hello"
	(cd "$work/hello" && "$@" && GOOS=linux GOARCH=amd64 CGO_ENABLED=0 GOFLAGS=-mod=mod GOWORK=off go build -trimpath -buildvcs=false -o "$R/usr/local/bin/hello" .)
	rm -r "$work/hello"
}

pip_in() {
	cp -r "$work/wheels" "$R/tmp/wheels"
	inside "python3 -m pip $1 --no-cache-dir --no-index --find-links /tmp/wheels --no-deps --break-system-packages ${*:2}"
	rm -r "$R/tmp/wheels"
}
pip_un() { inside "python3 -m pip uninstall -y --break-system-packages $*"; }

gem_in() {
	cp "$work/gems/$1.gem" "$R/tmp/"
	inside "gem install --local --no-document /tmp/$1.gem"
	rm "$R/tmp/$1.gem"
}

chain_languages() {
	wheel greeter 1.0.0; wheel greeter 1.1.0; wheel counter 2.0rc1; wheel counter 2.0
	gem_of greet 1.0.0; gem_of greet 1.1.0; gem_of count 0.9.0; gem_of count 0.10.0
	php_of greet v1.9.0; php_of greet v1.10.0; php_of count 2.0.0 lib; php_of lib 0.1.0; php_of check 3.1.4
	crate voice 0.9.0 words; crate words 0.1.0; crate tongs 1.0.0
	local inner edge=@agracio/edge-cs
	begin languages
	layer "minbase" debian_root
	layer "pip, gem and composer, by apt" eval "inside 'apt-get update -q; apt-get install -y -q --no-install-recommends python3-pip ruby composer'"
	layer "wheels" eval "pip_in install greeter==1.0.0 counter==2.0rc1"
	layer "a wheel in a place of its own" eval "pip_in install --target /opt/app/lib greeter==1.0.0"
	layer "gems" eval "gem_in greet-1.0.0; gem_in count-0.9.0"
	layer "npm" eval 'mkdir -p "$R/srv/app"; npm_in install "$(npm_pack alpha 1.9.0)" "$(npm_pack @x/beta 2.0.0)"'
	layer "packages of PHP, one for development" eval 'composer_in require example/greet:v1.9.0 example/count:2.0.0; composer_in require --dev example/check:3.1.4'
	layer "jars, one inside another" eval 'mkdir -p "$R/opt/java"; cp "$(jar_of app 1.0 "$(jar_of inner 2.0)")" "$(jar_of lib 3.0)" "$R/opt/java/"'
	layer "a Go program" hello true
	layer "a Rust program of four crates" crier 1.0.0 voice build:tongs
	layer "assemblies, and a deps.json that npm brings" eval 'assembly Greeter 1.0.0.0; assembly Counter 2.0.0.0; npm_in install "$(npm_fetch "$edge@1.3.7")"'
	layer "upgrade by pip" eval "pip_in install --upgrade greeter==1.1.0 counter==2.0"
	layer "upgrade by gem: both versions stay" eval "gem_in greet-1.1.0; gem_in count-0.10.0"
	layer "upgrade by npm" eval 'npm_in install "$(npm_pack alpha 1.10.0)"'
	layer "upgrade by composer" composer_in require example/greet:v1.10.0
	layer "another jar, with another inside" eval 'rm "$R/opt/java/app-1.0.jar"; cp "$(jar_of app 1.1 "$(jar_of inner 2.1)")" "$R/opt/java/"'
	layer "an older library in the Go program" hello eval 'go mod edit -require github.com/cespare/xxhash/v2@v2.2.0; go mod tidy'
	layer "a newer crate in the Rust program, and another no more" eval 'crate voice 0.10.0; crier 1.0.0 voice build:tongs'
	layer "another version of an assembly" eval 'assembly Greeter 1.1.0.0'
	layer "chown -R" eval 'chown -R 1000:1000 "$R/opt" "$R/srv" "$R/usr/local" "$R/var/lib/gems"'
	layer "uninstall" eval 'pip_un greeter; inside "gem uninstall count -v 0.9.0"; npm_in uninstall @x/beta "$edge"
		composer_in remove example/count; rm "$R/opt/java/lib-3.0.jar" "$R/opt/net/Counter.dll" "$R/usr/local/bin/crier"'
	layer "install the same versions again" eval 'pip_in install greeter==1.1.0; npm_in install "$(npm_pack @x/beta 2.0.0)" "$(npm_fetch "$edge@1.3.7")"
		composer_in require example/count:2.0.0; cp "$(jar_of lib 3.0)" "$R/opt/java/"; assembly Counter 2.0.0.0; crier 1.0.0 voice build:tongs'
	layer "downgrade" eval 'pip_in install greeter==1.0.0; npm_in install "$(npm_pack alpha 1.9.0)"; composer_in require example/greet:v1.9.0'
	layer "remove what apt brought, and the programs" eval 'inside "apt-get purge -y -q python3-wheel"; rm "$R/usr/local/bin/hello"; rm -r "$R/opt/app"'
	squash languages-squashed
	finish
}
