# shellcheck shell=bash
# Debian packages of our own. Sourced.

# deb NAME VERSION ARCH [FIELD...]: print the file of a small package. It ships a
# program in /bin, a document, and a configuration file when a field is "conf".
deb() {
	local name=$1 version=$2 arch=$3 dir file field
	shift 3
	file=$work/debs/${name}_${version//:/%3a}_$arch.deb
	if [[ ! -f $file ]]; then
		dir=$(mktemp -d "$work/deb-XXXXXX")
		chmod 755 "$dir"
		mkdir -p "$dir/DEBIAN" "$dir/bin" "$dir/usr/share/doc/$name"
		[[ $arch == i386 ]] && mkdir -p "$dir/usr/lib/i386-linux-gnu" && mv "$dir/bin" "$dir/usr/lib/i386-linux-gnu/$name"
		[[ $arch == i386 ]] || printf '%s %s %s\n' "$name" "$version" "$arch" >"$dir/bin/$name"
		[[ $arch != i386 ]] || printf '%s %s %s\n' "$name" "$version" "$arch" >"$dir/usr/lib/i386-linux-gnu/$name/$name"
		printf '%s\n' "$name" >"$dir/usr/share/doc/$name/copyright"
		{
			printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$name" "$version" "$arch"
			printf 'Maintainer: Nobody <nobody@example.org>\nDescription: a package of one file\n'
			for field; do
				[[ $field == conf ]] || printf '%s\n' "$field"
			done
		} >"$dir/DEBIAN/control"
		for field; do
			[[ $field == conf ]] || continue
			mkdir -p "$dir/etc"
			printf 'version = %s\n' "$version" >"$dir/etc/$name.conf"
			printf '/etc/%s.conf\n' "$name" >"$dir/DEBIAN/conffiles"
		done
		dpkg-deb --root-owner-group -Znone -b "$dir" "$file" >/dev/null
		rm -r "$dir"
	fi
	printf '%s\n' "$file"
}

os_release() {
	mkdir -p "$R/etc"
	printf 'ID=%s\nNAME="%s"\nPRETTY_NAME="%s"\nVERSION_ID="%s"\n' "$1" "$1" "$1" "$2" >"$R/etc/os-release"
}
