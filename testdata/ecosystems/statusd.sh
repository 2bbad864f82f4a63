# shellcheck shell=bash
# As distroless images: a file in status.d for each package, nothing else of dpkg.
. "$here/deb.sh"

# place PACKAGE_FILE: unpack it, and its control file to status.d.
place() {
	local name
	name=$(dpkg-deb -f "$1" Package)
	mkdir -p "$R/var/lib/dpkg/status.d"
	dpkg-deb -x "$1" "$R"
	{
		dpkg-deb -f "$1"
		printf 'Status: install ok installed\n'
	} >"$R/var/lib/dpkg/status.d/$name"
	(cd "$R" && dpkg-deb --fsys-tarfile "$1" | tar -t | sed 's,^\./,,' | while read -r f; do
		[[ ! -f $f ]] || md5sum "$f"
	done) >"$R/var/lib/dpkg/status.d/$name.md5sums"
}

chain_statusd() {
	begin statusd
	layer "base" eval 'os_release debian 12; place "$(deb base 12.4 amd64)"'
	layer "tzdata" eval 'place "$(deb tzdata 2024a-0 all)"'
	layer "libc6, an epoch" eval 'place "$(deb libc6 2.36-9 amd64)"; place "$(deb epoch 1:1.0 amd64)"'
	layer "a newer tzdata" eval 'place "$(deb tzdata 2024b-0 all)"'
	layer "without the epoch" eval 'place "$(deb epoch 2.0 amd64)"'
	layer "tzdata gone" eval 'rm -r "$R"/var/lib/dpkg/status.d/tzdata* "$R"/usr/share/doc/tzdata "$R"/bin/tzdata'
	layer "tzdata back" eval 'place "$(deb tzdata 2024b-0 all)"'
	finish
}
