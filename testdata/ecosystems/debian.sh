# shellcheck shell=bash
# Real Debian packages, and small ones of our own beside them: two architectures,
# epochs, holds, a security upgrade, purges and removals, and a database deleted.
. "$here/deb.sh"
. "$here/../chain/versions.env"

mirror() {
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v suite="$1" '$1 == "Debian" && $2 == suite && $3 == "main" { print $4; exit }'
}

# debian_root: the root that the chains of real packages start from.
debian_root() {
	MIRROR_MAIN=$(mirror "$SUITE") MIRROR_SECURITY=$(mirror "$SUITE-security")
	[[ $MIRROR_MAIN && $MIRROR_SECURITY ]] || {
		echo "apt knows no $SUITE or $SUITE-security: run apt-get update on a host of that suite" >&2
		return 1
	}
	export MIRROR_MAIN MIRROR_SECURITY SUITE
	[[ -f $work/root.tar ]] || mmdebstrap --quiet --variant=minbase --architectures=amd64,i386 \
		--customize-hook="$here/../chain/0-debian/customise.sh" "$SUITE" "$work/root.tar" "deb $MIRROR_MAIN $SUITE main"
	tar -C "$R" -xf "$work/root.tar" --exclude='./dev/*'
}

pkg_inside() {
	mkdir "$R/tmp/debs"
	local f
	for f in "${@:2}"; do ln "$f" "$R/tmp/debs/" 2>/dev/null || cp "$f" "$R/tmp/debs/"; done
	inside "dpkg --force-depends $1 /tmp/debs/*.deb"
	rm -r "$R/tmp/debs"
}

security() {
	sed 's/debian.list/debian-security.list/; s/^Suites: .*/&-security\nArchitectures: amd64/' "$R/etc/apt/sources.list.d/debian.sources" \
		>"$R/etc/apt/sources.list.d/security.sources"
	inside 'apt-get update -q; apt-get upgrade -y -q'
}

same="Multi-Arch: same"

chain_debian() {
	begin debian
	layer "minbase" debian_root
	layer "libc6 for a second architecture" eval "inside 'apt-get update -q; apt-get install -y -q --no-install-recommends libc6:i386 zlib1g:i386'"
	layer "epochs, a configuration file, two architectures" eval 'pkg_inside -i "$(deb epoch 1:1.0-1 amd64)" "$(deb held 1.0 all)" \
		"$(deb conf 1.0 amd64 conf)" "$(deb both 1.0 amd64 "$same")" "$(deb both 1.0 i386 "$same")" "$(deb plain 2.0 all)"'
	layer "hold one, mark another automatic" eval "inside 'apt-mark hold held; apt-mark auto plain'"
	layer "security upgrade, the held one stays" security
	layer "upgrade, of a kind" eval 'pkg_inside -i "$(deb epoch 2:0.1 amd64)" "$(deb both 1.1 amd64 "$same")" "$(deb both 1.1 i386 "$same")"'
	layer "remove with its configuration kept, purge another" eval "inside 'dpkg -r conf; dpkg -P plain'"
	layer "install both again, at the same versions" eval 'pkg_inside -i "$(deb conf 1.0 amd64 conf)" "$(deb plain 2.0 all)"'
	layer "downgrade" eval 'pkg_inside -i "$(deb epoch 1:1.0-1 amd64)"'
	layer "purge one architecture of two" eval "inside 'dpkg -P both:i386; apt-get purge -y -q zlib1g:i386'"
	layer "unpack, not configured" eval 'pkg_inside --unpack "$(deb unpacked 3.0 amd64)"'
	layer "install over itself" eval 'pkg_inside -i "$(deb held 1.0 all)"'
	layer "a package is no longer for one architecture" eval 'pkg_inside -i "$(deb conf 1.1 all conf)"'
	finish
	squash debian-squashed
	save_dpkg
	branch debian-deleted
	layer "delete the database" eval 'rm -rf "$R/var/lib/dpkg"'
	layer "bring it back" eval 'cp -a "$work/dpkg" "$R/var/lib/dpkg"'
	finish
}

save_dpkg() {
	container=$(buildah from --signature-policy "$STORAGE_POLICY" --pull-never "$image")
	cp -a "$(buildah mount "$container")/var/lib/dpkg" "$work/dpkg"
	drop_container
}
