#!/bin/sh
# publishers.sh MIRROR CACHE OUT: clone or fetch what the other publishers' catalogues are made
# from, and make them, a file each in OUT.
#
# Where MIRROR has clones, what is new is fetched; where CACHE is that of an earlier run, what
# is new is read. A repository that is gone is told, and left out; its old file stays.
# $GENEALOGY is the program; by default it is run from the source.
set -eu
mirror=$1 cache=$2 out=$3
genealogy=${GENEALOGY:-go run ./ancestry/catalogue/cmd/genealogy}
export GIT_TERMINAL_PROMPT=0

# clone clones a repository, or brings its clone up to date.
clone() {
	case $1 in
	*..*) return ;;
	esac
	d=$mirror/$(echo "$1" | awk -F/ '{print $(NF-1) "/" $NF}').git
	if git -C "$d" remote get-url origin >/dev/null 2>&1; then
		git -C "$d" fetch -q || echo "not fetched: $1" >&2
	else
		rm -rf "$d"
		git clone -q --mirror "$1" "$d" || echo "not cloned: $1" >&2
	fi
}

repos=$(mktemp)
trap 'rm -f "$repos"' EXIT
mkdir -p "$mirror" "$out"
$genealogy -publishers "$mirror" -repos >"$repos"
while read -r url; do clone "$url" </dev/null; done <"$repos"
$genealogy -publishers "$mirror" -cache "$cache" -o "$out"
