#!/bin/bash
# Build the chains of the package systems: build.sh [OUTDIR]
#
# Each chain is an image whose every layer is one thing that a package system did,
# and the truth is what that system's own tool says is installed after it. Needs
# root, mmdebstrap, buildah, skopeo, rpm (with rpmbuild), pacman-package-manager,
# db-util, ruby, gpg, libarchive-tools, npm, mono-mcs, mono-utils, cargo, patchelf,
# binutils, go and python3, an apt that reaches a mirror that has trixie, and a go
# that reaches a proxy.
#
# OUTDIR defaults to $STEMMA_CACHE/ecosystems, and STEMMA_CACHE to
# ${XDG_CACHE_HOME:-$HOME/.cache}/stemma. A finished OUTDIR is left as it is
# until the definition (this directory) changes. What it then holds:
#
#	CHAIN/image/      the image, an OCI layout
#	CHAIN/truth/      NN.tsv, what is installed after layer NN, files.tsv,
#	                  events.tsv: ask.py says what is in them
#	CHAIN/steps.tsv   layer, what was done
#	KEY               the definition's hash
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STEMMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stemma}
out=$(realpath -m "${1:-$cache/ecosystems}")
# shellcheck source=../chain/buildah.sh
. "$here/../chain/buildah.sh"
# shellcheck source=steps.sh
. "$here/steps.sh"

key=$(cd "$here" && find . ../chain/buildah.sh ../chain/makewheel.py ../chain/hello -type f ! -path ./build.go ! -name '*.md' -print0 |
	LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
mkdir -p "$(dirname "$out")"
exec 9>"$out.lock"
flock 9 # who comes second finds it built
if [[ -f $out/KEY && $(<"$out/KEY") == "$key" ]]; then
	echo "$out"
	exit 0
fi
[[ $(id -u) == 0 ]] || { echo "build.sh: needs root" >&2; exit 1; }

work=$(mktemp -d "$(dirname "$out")/.ecosystems-XXXXXX")
cleanup() {
	drop_container
	umount "$work"/storage/root/overlay 2>/dev/null || true
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT
say() { printf '%(%T)T %s\n' -1 "$*" >&2; }

mkdir -p "$work/out" "$work/apt/lists" "$work/apt/archives" "$work/debs"
storage_init "$work/storage"
for name in ${CHAINS:-usrmerge statusd rpm rpm-bdb pacman apk debian languages}; do
	say "$name"
	# shellcheck source=/dev/null
	. "$here/${name%-*}.sh"
	"chain_${name//-/_}"
done
echo "$key" >"$work/out/KEY"
rm -rf "$out"
mv "$work/out" "$out"
say "done"
echo "$out"
