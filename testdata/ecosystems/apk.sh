# shellcheck shell=bash
# A small Alpine-like system; apk/main.go says by what.

# apk_world [NAME...]: the root as $world wants it, and the packages of these names
# installed again. go-apk can only add, so it makes a root of that world aside, and
# what is of other packages or versions in it goes over, as apk would have done: a
# file of a package that stays is not touched.
apk_world() {
	local next was=$work/apk/was is=$work/apk/is
	next=$(mktemp -d "$work/apk/next-XXXXXX")
	"$APK" install "$work/apk/repository" "$next" "${world[@]}" || return
	"$APK" list "$R" | LC_ALL=C sort >"$was" || return
	"$APK" list "$next" | LC_ALL=C sort >"$is" || return
	awk -F'\t' -v again="$*" 'BEGIN { split(again, names, " "); for (n in names) once[names[n]] }
		FILENAME == ARGV[1] { was[$0]; next } !($0 in was) || $1 in once { print $3 }' "$was" "$is" |
		tar -C "$next" -c --no-recursion -T - | tar -C "$R" -xp --keep-directory-symlink || return
	tar -C "$next" -c etc/apk/arch etc/apk/world lib/apk | tar -C "$R" -xp --keep-directory-symlink
	# Those that are of no package any more, what is in a directory before it.
	awk -F'\t' 'FILENAME == ARGV[1] { is[$3]; next } !($3 in is) { print $3 }' "$is" "$was" | LC_ALL=C sort -ru |
		while IFS= read -r path; do
			if [[ -d $R/$path && ! -L $R/$path ]]; then
				rmdir --ignore-fail-on-non-empty "$R/$path"
			else
				rm "$R/$path"
			fi
		done
	rm -r "$next"
}

# apk_add NAME=VERSION...: with what they depend on.
apk_add() {
	local package
	for package; do
		world[${package%%=*}]=$package
	done
	apk_world
}

# apk_del NAME...: with what they depended on.
apk_del() {
	local name
	for name; do
		unset "world[$name]"
	done
	apk_world
}

apk_root() {
	apk_add alpine-baselayout=3.6.5-r0 musl=1.2.5-r9 busybox=1.36.1-r9 tzdata=2024a-r10 ca-certificates-bundle=20240226-r0 || return
	printf 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.0\nPRETTY_NAME="Alpine Linux v3.20"\n' >"$R/etc/os-release"
	echo https://example.org/alpine/v3.20/main >"$R/etc/apk/repositories"
}

# apk_usrmerge: /lib becomes a link, the database with it.
apk_usrmerge() {
	cp -a "$R/lib/." "$R/usr/lib/"
	rm -r "$R/lib"
	ln -s usr/lib "$R/lib"
}

chain_apk() {
	local -A world=()
	local here=$here/apk # layer, finish and squash ask its ask.py
	local -x APK=$work/apk/apk
	mkdir -p "$work/apk/repository"
	(cd "$here" && GOWORK=off GOFLAGS=-mod=readonly CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$APK" .)
	"$APK" repository "$work/apk/repository"

	begin apk
	layer "root of five packages" apk_root
	layer "add, with dependencies" apk_add curl=8.9.0-r0 zlib=1.3_rc2-r1 libcrypto1.1=1.1.1w-r1
	layer "add a virtual package" apk_add .build-deps=20240601.120000
	layer "upgrade two" apk_add busybox=1.36.1-r29 zlib=1.3-r0
	layer "downgrade" apk_add libcrypto1.1=1.1.1k-r0
	layer "remove the virtual package" apk_del .build-deps
	layer "add what was removed again" apk_add make=4.4.1-r2
	layer "install the same version over itself" apk_world curl
	layer "write the database as it was" eval 'cp "$R/lib/apk/db/installed" "$work/apk/was" && cp "$work/apk/was" "$R/lib/apk/db/installed"'
	layer "a package takes another's file" apk_add ca-certificates=20240226-r0
	layer "upgrade what has many files" apk_add tzdata=2024b-r0
	layer "change and delete files of packages" eval 'echo user >>"$R/etc/passwd"; rm -r "$R/usr/share/zoneinfo/Region00"'
	layer "merge /usr" apk_usrmerge
	layer "upgrade after it" apk_add zlib=1.3_p1-r0
	layer "remove" apk_del curl
	finish
	squash apk-squashed
	branch apk-deleted
	layer "delete the database" eval 'rm -r "$R/usr/lib/apk"'
	finish
}
