#!/bin/bash
# Build the small archives here and the configs in ../histories again, by real builders, out
# of odd/: an image of one tiny program, and a child of it. Needs root, gcc, docker.io,
# buildah, skopeo and jq; no network. Created times and digests differ at every run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
histories=$here/../histories
# shellcheck source=../chain/docker.sh
. "$here/../chain/docker.sh"
# shellcheck source=../chain/buildah.sh
. "$here/../chain/buildah.sh"

work=$(mktemp -d)
cleanup() {
	docker_stop
	umount "$work"/storage/root/overlay 2>/dev/null || true
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT
cp -r "$here/odd/." "$work/"
gcc -static -nostdlib -Os -s -ffreestanding -fno-tree-loop-distribute-patterns -fno-stack-protector -fno-asynchronous-unwind-tables \
	-Wl,--build-id=none,-z,noseparate-code -o "$work/context/sh" "$work/sh.c"
tar -C "$work/context/tree" --owner=0 --group=0 --mtime=@0 -cf "$work/context/archive.tar" leaf.txt

# config NAME ARCHIVE: the config blob of a docker-archive, byte for byte.
config() {
	tar xOf "$2" "$(tar xOf "$2" manifest.json | jq -r '.[0].Config')" >"$histories/$1.json"
}

# saved NAME TAG: docker save.
saved() {
	"$DOCKER" save -o "$here/$1.docker-save.tar" "$2"
	config "$1" "$here/$1.docker-save.tar"
}

# docker_pair NAME: parent and child by one of Docker's two builders.
docker_pair() {
	"$DOCKER" build --quiet --network none --build-arg VERSION=2.0 --build-arg EMPTY=x \
		-t "example.org/odd:$1" "$work/context" >/dev/null
	"$DOCKER" build --quiet --network none --build-arg "PARENT=example.org/odd:$1" \
		-t "example.org/odd-child:$1" "$work/child" >/dev/null
	saved "$1" "example.org/odd-child:$1"
}

docker_start "$work/docker"
DOCKER_BUILDKIT=0 docker_pair classic
DOCKER_BUILDKIT=1 docker_pair buildkit

# A container committed, and its file system exported and imported.
"$DOCKER" create --name made --network none example.org/odd:classic x >/dev/null
"$DOCKER" cp "$work/child/child.txt" made:/child.txt
"$DOCKER" commit -a 'A. Author' -m 'by hand' -c 'ENV COMMITTED=yes' made example.org/odd:commit >/dev/null
saved commit example.org/odd:commit
"$DOCKER" export made | "$DOCKER" import -m 'from a file' -c 'CMD ["imported"]' - example.org/odd:import >/dev/null
saved import example.org/odd:import

# Buildah: each format it can write, and its default, one layer for the whole build.
storage_init "$work/storage"

buildah_odd() {
	local name=$1
	shift
	buildah_bud "$work/context" "example.org/odd:$name" --build-arg VERSION=2.0 --build-arg EMPTY=x "$@"
	buildah_bud "$work/child" "example.org/odd-child:$name" --build-arg "PARENT=example.org/odd:$name" "$@"
	copy "containers-storage:example.org/odd-child:$name" \
		"docker-archive:$work/$name.tar:example.org/odd-child:$name"
	copy "containers-storage:example.org/odd-child:$name" "oci:$work/$name:latest"
	local manifest
	manifest=$work/$name/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$work/$name/index.json")
	cp "$work/$name/blobs/sha256/$(jq -r '.config.digest[7:]' "$manifest")" "$histories/$name.json"
}
buildah_odd buildah-oci
buildah_odd buildah-docker --format docker
buildah_odd buildah-one-layer --layers=false
cp "$work/buildah-docker.tar" "$here/buildah.docker-archive.tar"
copy "containers-storage:example.org/odd-child:buildah-oci" \
	"oci-archive:$here/buildah.oci-archive.tar:example.org/odd-child:buildah-oci"
copy --dest-compress-format zstd "containers-storage:example.org/odd-child:buildah-oci" \
	"oci-archive:$here/buildah-zstd.oci-archive.tar:example.org/odd-child:buildah-oci"
chmod 644 "$here"/*.tar "$histories"/*.json
