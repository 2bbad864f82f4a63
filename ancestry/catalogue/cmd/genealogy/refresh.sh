#!/bin/sh
# refresh.sh MIRROR CACHE FILE: clone or fetch what the genealogy is made from, and make it.
#
# With the cache of an earlier run, only official-images and the commits that it names since
# then are fetched. Without, or with that of another build of the program, every repository is
# cloned: some gigabytes, and an hour or two. A repository that is gone is told, and left out.
# $GENEALOGY is the program; by default it is run from the source.
set -eu
mirror=$1 cache=$2 file=$3
genealogy=${GENEALOGY:-go run ./ancestry/catalogue/cmd/genealogy}
most=${MOST:-1000} # commits that are fetched one by one
export GIT_TERMINAL_PROMPT=0

# place prints where the clone of a URL is.
place() {
	case $1 in
	*..*) return 1 ;;
	esac
	echo "$mirror/$(echo "$1" | awk -F/ '{print $(NF-1) "/" $NF}').git"
}

# clone clones a repository whole, or brings its clone up to date.
clone() {
	d=$(place "$1") || return 0
	if git -C "$d" remote get-url origin >/dev/null 2>&1; then
		git -C "$d" fetch -q || echo "not fetched: $1" >&2
	else
		rm -rf "$d"
		git clone -q --mirror "$1" "$d" || echo "not cloned: $1" >&2
	fi
}

# fetch fetches one commit of a repository.
fetch() {
	d=$(place "$1") || return 0
	git init -q --bare "$d"
	git -C "$d" fetch -q --depth 1 "$1" "$2" </dev/null || echo "not fetched: $1 $2" >&2
}

clone https://github.com/docker-library/official-images
missing=$(mktemp)
trap 'rm -f "$missing"' EXIT
$genealogy -mirror "$mirror" -cache "$cache" -missing >"$missing"
if [ "$(wc -l <"$missing")" -le "$most" ]; then
	while read -r url commit; do fetch "$url" "$commit"; done <"$missing"
else
	$genealogy -mirror "$mirror" -repos >"$missing"
	while read -r _ url; do clone "$url" </dev/null; done <"$missing"
fi
$genealogy -mirror "$mirror" -cache "$cache" -o "$file"
