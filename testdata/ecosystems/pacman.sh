# shellcheck shell=bash
# A small Arch-like system by pacman --root.

# archive NAME VERSION ARCH: print the file of a small package.
archive() {
	local name=$1 version=$2 arch=$3 dir
	local file=$work/pacman/$name-$version-$arch.pkg.tar
	file=${file/:/%3a}
	if [[ ! -f $file ]]; then
		dir=$(mktemp -d "$work/alpm-XXXXXX")
		mkdir -p "$work/pacman" "$dir/usr/bin"
		printf '%s %s\n' "$name" "$version" >"$dir/usr/bin/$name"
		printf 'pkgname = %s\npkgbase = %s\npkgver = %s\npkgdesc = one file\nurl = https://example.org\nbuilddate = 1700000000\npackager = Nobody <nobody@example.org>\nsize = 20\narch = %s\nlicense = Apache-2.0\n' \
			"$name" "$name" "$version" "$arch" >"$dir/.PKGINFO"
		(cd "$dir" && bsdtar -czf .MTREE --format=mtree --options='!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link' .PKGINFO usr &&
			bsdtar -cf "$file" --uid 0 --gid 0 .MTREE .PKGINFO usr)
		rm -r "$dir"
	fi
	printf '%s\n' "$file"
}

pacman_in() {
	mkdir -p "$R/var/lib/pacman" "$R/var/cache/pacman"
	pacman --root "$R" --dbpath "$R/var/lib/pacman" --cachedir "$work/pacman" --logfile /dev/null \
		--config "$work/pacman.conf" --noconfirm --noscriptlet --hookdir "$work/none" "$@"
}

pacman_root() {
	mkdir -p "$R/etc"
	printf 'ID=arch\nNAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\n' >"$R/etc/os-release"
	pacman_in -U "$(archive glibc 2.38-7 x86_64)" "$(archive bash 5.2.015-5 x86_64)" "$(archive tzdata 2023c-2 any)"
}

chain_pacman() {
	printf '[options]\nArchitecture = x86_64\nSigLevel = Never\nLocalFileSigLevel = Never\n' >"$work/pacman.conf"
	begin pacman
	layer "root of three packages" pacman_root
	layer "one with an epoch" eval 'pacman_in -U "$(archive epoch 1:1.0-1 any)"'
	layer "upgrade two" eval 'pacman_in -U "$(archive bash 5.2.015-10 x86_64)" "$(archive epoch 1:2.0-1 any)"'
	layer "remove" eval 'pacman_in -Rdd tzdata'
	layer "downgrade" eval 'pacman_in -U "$(archive bash 5.2.015-5 x86_64)"'
	layer "install what was removed again" eval 'pacman_in -U "$(archive tzdata 2023c-2 any)"'
	layer "install the same version over itself" eval 'pacman_in -U "$(archive glibc 2.38-7 x86_64)"'
	finish
	branch pacman-deleted
	layer "delete the database" eval 'rm -r "$R/var/lib/pacman"'
	finish
}
