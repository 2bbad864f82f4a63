# shellcheck shell=bash
# One layer after the other, with Buildah. Sourced.
#
# begin NAME starts a chain from nothing, begin NAME IMAGE upon an image; layer
# WHAT COMMAND... runs a command with $R the root, commits what it did as a layer
# and asks what is installed; finish writes the image, and more layers may follow it
# after branch NAME.

begin() {
	chain=$1 number=0 image=${2:-scratch}
	mkdir -p "$work/out/$chain/truth"
}

container=
drop_container() {
	[[ -z $container ]] || buildah rm "$container" >/dev/null 2>&1 || true
	container=
}

layer() {
	local what=$1
	shift
	container=$(buildah from --signature-policy "$STORAGE_POLICY" --pull-never "$image")
	R=$(buildah mount "$container")
	"$@" >"$work/log" 2>&1 || {
		echo "$chain, layer $number, $what: failed" >&2
		tail -20 "$work/log" >&2
		return 1
	}
	image=localhost/$chain:$number
	buildah commit --quiet --signature-policy "$STORAGE_POLICY" --omit-timestamp "$container" "$image" >/dev/null
	printf '%d\t%s\n' "$number" "$what" >>"$work/out/$chain/steps.tsv"
	# The tools may write where they look: asked after the commit, they change
	# nothing that is shipped.
	python3 "$here/ask.py" state "$R" "$work/out/$chain/truth/$(printf %02d "$number").tsv"
	python3 "$here/ask.py" files "$R" "$work/out/$chain/truth/files.tsv"
	drop_container
	number=$((number + 1))
}

# inside SCRIPT: run it in the layer's container, as a RUN does.
inside() {
	buildah run --isolation chroot --network host -v "$work/apt/lists:/var/lib/apt/lists" \
		-v "$work/apt/archives:/var/cache/apt/archives" "$container" -- \
		env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -euc "$1"
}

finish() {
	python3 "$here/ask.py" events "$work/out/$chain/truth"
	copy "containers-storage:$image" "oci:$work/out/$chain/image:latest"
}

# branch NAME: what follows is of another chain, which begins with all of this one.
branch() {
	mkdir -p "$work/out/$1"
	cp -r "$work/out/$chain/truth" "$work/out/$chain/steps.tsv" "$work/out/$1/"
	chain=$1
}

# squash NAME: the chain's image so far, flattened into one layer, as a chain.
squash() {
	local to=$work/out/$1 from=$image
	mkdir -p "$to/truth"
	container=$(buildah from --signature-policy "$STORAGE_POLICY" --pull-never "$from")
	buildah commit --quiet --signature-policy "$STORAGE_POLICY" --squash "$container" "localhost/$1:0" >/dev/null
	drop_container
	cp "$work/out/$chain/truth/$(printf %02d $((number - 1))).tsv" "$to/truth/00.tsv"
	cp "$work/out/$chain/truth/files.tsv" "$to/truth/files.tsv"
	printf '0\tsquashed\n' >"$to/steps.tsv"
	python3 "$here/ask.py" events "$to/truth"
	copy "containers-storage:localhost/$1:0" "oci:$to/image:latest"
}
