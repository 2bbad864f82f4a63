# shellcheck shell=bash
# A Rust program that carries its audit data, built by cargo-auditable. Sourced.

# crate NAME VERSION [DEPENDENCY...]: a library; a dependency "build:NAME" is of the
# build alone.
crate() {
	local dir=$work/crates/$1 name=$1 version=$2 of
	shift 2
	mkdir -p "$dir/src"
	{
		printf '[package]\nname = "%s"\nversion = "%s"\nedition = "2018"\n' "$name" "$version"
		for of; do
			[[ $of == build:* ]] && printf '[build-dependencies]\n' || printf '[dependencies]\n'
			printf '%s = { path = "../%s" }\n' "${of#build:}" "${of#build:}"
		done
	} >"$dir/Cargo.toml"
	printf 'pub fn version() -> &%sstatic str { env!("CARGO_PKG_VERSION") }\n' "'" >"$dir/src/lib.rs"
}

# auditable: cargo-auditable in $work/auditable. It is in Debian since trixie, and
# runs with that release's C library, whatever the host's.
auditable() {
	local dir=$work/auditable lib=$work/auditable/usr/lib/x86_64-linux-gnu apt file
	[[ ! -d $dir ]] || return 0
	mkdir -p "$dir"/{lists,archives}/partial "$dir/debs"
	printf 'deb [arch=amd64 target=Packages signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' \
		"$MIRROR_MAIN" >"$dir/sources.list"
	apt=(apt-get -q -o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/archives" -o APT::Sandbox::User=root)
	"${apt[@]}" update
	(cd "$dir/debs" && "${apt[@]}" download cargo-auditable:amd64 libc6:amd64 libgcc-s1:amd64)
	for file in "$dir"/debs/*.deb; do dpkg-deb -x "$file" "$dir"; done
	patchelf --set-interpreter "$lib/ld-linux-x86-64.so.2" --set-rpath "$lib" "$dir/usr/bin/cargo-auditable"
}

# crier VERSION [DEPENDENCY...]: build the program of that version into the image.
crier() {
	auditable
	crate crier "$@"
	mv "$work/crates/crier/src/lib.rs" "$work/crates/crier/src/main.rs"
	printf 'fn main() { println!("{}", version()) }\n' >>"$work/crates/crier/src/main.rs"
	printf 'fn main() {}\n' >"$work/crates/crier/build.rs"
	(cd "$work/crates/crier" && PATH=$work/auditable/usr/bin:$PATH CARGO_HOME=$work/cargo CARGO_TARGET_DIR=$work/crates/target \
		cargo auditable build --offline)
	mkdir -p "$R/usr/local/bin"
	cp "$work/crates/target/debug/crier" "$R/usr/local/bin/crier"
}
