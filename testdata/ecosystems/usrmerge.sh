# shellcheck shell=bash
# A small Ubuntu-like system by dpkg --root: merged into /usr half way up.
. "$here/deb.sh"

pkg() { dpkg --root="$R" --log=/dev/null --force-all "$@"; }

# What Ubuntu says of itself, at its places. A package URL is of a distribution that
# says it is like Debian.
ubuntu() {
	mkdir -p "$R/etc" "$R/usr/lib"
	printf '%s\n' 'NAME="Ubuntu"' 'VERSION="20.04.6 LTS (Focal Fossa)"' 'ID=ubuntu' 'ID_LIKE=debian' \
		'PRETTY_NAME="Ubuntu 20.04.6 LTS"' 'VERSION_ID="20.04"' 'VERSION_CODENAME=focal' 'UBUNTU_CODENAME=focal' >"$R/usr/lib/os-release"
	ln -s ../usr/lib/os-release "$R/etc/os-release"
	printf '%s\n' 'DISTRIB_ID=Ubuntu' 'DISTRIB_RELEASE=20.04' 'DISTRIB_CODENAME=focal' \
		'DISTRIB_DESCRIPTION="Ubuntu 20.04.6 LTS"' >"$R/etc/lsb-release"
}

usr_root() {
	mkdir -p "$R"/var/lib/dpkg/{info,updates,triggers} "$R"/{bin,sbin,usr/bin,usr/sbin,tmp}
	touch "$R"/var/lib/dpkg/{status,available}
	ubuntu
	pkg -i "$(deb first 1.0-1 amd64)" "$(deb second 1:0.9 all)" "$(deb old 1 amd64)" "$(deb third 2.0~rc1-1ubuntu1 amd64 conf)"
}

usr_merge() {
	local d
	for d in bin sbin; do
		cp -a "$R/$d/." "$R/usr/$d/"
		rm -r "${R:?}/$d"
		ln -s "usr/$d" "$R/$d"
	done
}

chain_usrmerge() {
	begin usrmerge
	layer "root of four packages, /bin a directory" usr_root
	layer "a fifth package" eval 'pkg -i "$(deb fourth 1 amd64)"'
	layer "merge into /usr" usr_merge
	layer "upgrade two, after the merge" eval 'pkg -i "$(deb first 1.0-2 amd64)" "$(deb third 2.0-1ubuntu1 amd64 conf)"'
	layer "remove one whose files came before the merge" eval 'pkg -r second'
	layer "chmod -R, which copies everything up" eval 'chmod -R o+w "$R/usr" "$R/var"'
	layer "purge, and install another" eval 'pkg -P fourth; pkg -i "$(deb fifth 1 amd64)"'
	layer "install what was removed again" eval 'pkg -i "$(deb second 1:0.9 all)"'
	finish
}
