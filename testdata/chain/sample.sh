#!/bin/bash
# Make the committed sample again: build the chain (or take it from the cache),
# skeletonise it into testdata/sample, and copy the ground truth to expected/.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.env
. "$here/versions.env"
out=$("$here/build.sh" "$@" | tail -1)
args=()
for stage in "${STAGES[@]}"; do
	read -r name _ date <<<"$stage"
	args+=("$name=$out/stages/$name@$date")
done
cd "$here/../.."
go run ./testdata/skeleton -o testdata/sample/image "${args[@]}"
rm -rf "$here/expected"
cp -r "$out/truth" "$here/expected"
du -sh testdata/sample/image "$here/expected"
