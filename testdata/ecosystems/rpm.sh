# shellcheck shell=bash
# A small Fedora-like system by rpm --root, once with the database of
# today, moved to its newer place on the way, and once with that of rpm 4.15 and before.

# elf ARCH: print a command that prints the head of a program: rpm keeps packages of
# two architectures apart by their programs.
elf() {
	case $1 in
	x86_64) echo "printf '\177ELF\002\001\001%%09d\003\000\076\000\001' 0 | tr 0 '\000'; head -c 43 /dev/zero" ;;
	i686) echo "printf '\177ELF\001\001\001%%09d\003\000\003\000\001' 0 | tr 0 '\000'; head -c 31 /dev/zero" ;;
	*) echo : ;;
	esac
}

# built NAME VERSION RELEASE ARCH [EPOCH]: print the file of a small package.
built() {
	local name=$1 version=$2 release=$3 arch=$4 epoch=${5:-} top=$work/rpmbuild bin=/usr/bin
	local file=$top/RPMS/$arch/$name-$version-$release.$arch.rpm
	if [[ ! -f $file ]]; then
		mkdir -p "$top/SPECS"
		[[ $arch != i686 ]] || bin=/usr/lib/$name
		[[ $name != kernel ]] || bin=/usr/lib/modules/$version-$release
		cat >"$top/SPECS/$name.spec" <<-SPEC
			Name: $name
			Version: $version
			Release: $release
			${epoch:+Epoch: $epoch}
			Summary: A package of one file
			License: Apache-2.0
			AutoReqProv: no
			%global debug_package %{nil}
			%global __os_install_post %{nil}
			%description
			One file.
			%install
			mkdir -p %{buildroot}$bin
			{ $(elf "$arch"); echo "$name $version-$release $arch"; } >%{buildroot}$bin/$name.bin
			chmod 755 %{buildroot}$bin/$name.bin
			%files
			$bin/$name.bin
		SPEC
		rpmbuild --quiet -bb --target "$arch" --define "_topdir $top" --define "_build_id_links none" \
			"$top/SPECS/$name.spec" >/dev/null
		[[ -f $file ]] || file=$(find "$top/RPMS" -name "$name-$version-$release.$arch.rpm")
	fi
	printf '%s\n' "$file"
}

rpm_in() {
	rpm --root "$R" --define "_dbpath $dbpath" --define "_db_backend $backend" --define "_transaction_color 3" "$@"
}
install_rpm() { rpm_in -U --nodeps --ignorearch --ignoreos --nosignature "$@"; }

rpm_root() {
	mkdir -p "$R/etc" "$R$dbpath"
	printf 'ID=fedora\nNAME="Fedora Linux"\nPRETTY_NAME="Fedora Linux 39"\nVERSION_ID=39\n' >"$R/etc/os-release"
	rpm_in --initdb
	install_rpm "$(built glibc 2.38 1 x86_64)" "$(built bash 5.2.15 3 x86_64)" "$(built tzdata 2023c 1 noarch)" \
		"$(built shadow-utils 4.14.0 1 x86_64 2)"
}

import_key() {
	local home=$work/gnupg
	mkdir -p -m 700 "$home"
	[[ -f $work/key.asc ]] || {
		gpg --homedir "$home" --batch --quiet --passphrase '' --quick-generate-key 'Nobody <nobody@example.org>' rsa2048 sign never
		gpg --homedir "$home" --batch --armor --export >"$work/key.asc"
		gpgconf --homedir "$home" --kill all
	}
	rpm_in --import "$work/key.asc"
}

# done_by COMMAND...: run it between what a chain does before and after.
before() { :; }
after() { :; }
done_by() {
	before
	"$@"
	after
}

rpm_life() {
	layer "root of four packages, one with an epoch" done_by rpm_root
	layer "import a key" done_by import_key
	layer "glibc for a second architecture" done_by eval 'rpm_in -i --nodeps --ignorearch --ignoreos --nosignature "$(built glibc 2.38 1 i686)"'
	layer "two kernels" done_by eval 'rpm_in -i --nodeps --ignoreos --nosignature "$(built kernel 6.5.6 300 x86_64)" "$(built kernel 6.5.10 300 x86_64)"'
	layer "upgrade by release, version and epoch" done_by eval 'install_rpm "$(built bash 5.2.15 10 x86_64)" "$(built tzdata 2023d 1 noarch)"; install_rpm "$(built shadow-utils 4.13.0 1 x86_64 3)"'
	layer "erase" done_by eval 'rpm_in -e --nodeps bash'
	layer "erase the older kernel" done_by eval 'rpm_in -e --nodeps kernel-6.5.6-300.x86_64'
	layer "install what was erased again" done_by eval 'install_rpm "$(built bash 5.2.15 10 x86_64)"'
	layer "downgrade" done_by eval 'install_rpm --oldpackage "$(built tzdata 2023c 1 noarch)"'
	layer "install the same version over itself" done_by eval 'install_rpm --replacepkgs --replacefiles "$(built glibc 2.38 1 x86_64)"'
	layer "rebuild the database" done_by rebuild
	layer "upgrade one architecture of two" done_by eval 'install_rpm --replacefiles "$(built glibc 2.38 7 x86_64)"'
}

# Outside, because rpm renames the directory, which overlayfs does not allow.
rebuild() {
	rm -rf "$work/db"
	cp -a "$R$dbpath" "$work/db"
	rpm --dbpath "$work/db" --define "_db_backend $backend" --rebuilddb
	rm "$R$dbpath"/*
	cp -a "$work/db/." "$R$dbpath"
}

to_sysimage() {
	mkdir -p "$R/usr/lib/sysimage"
	mv "$R/var/lib/rpm" "$R/usr/lib/sysimage/rpm"
	ln -s ../../usr/lib/sysimage/rpm "$R/var/lib/rpm"
	dbpath=/usr/lib/sysimage/rpm
}

chain_rpm() {
	backend=sqlite dbpath=/var/lib/rpm
	begin rpm
	rpm_life
	layer "move the database, as Fedora did" to_sysimage
	layer "install after the move" eval 'install_rpm "$(built vim 9.0 1 x86_64 2)"'
	finish
	squash rpm-squashed
	branch rpm-deleted
	layer "delete the database" eval 'rm -r "$R/usr/lib/sysimage/rpm"'
	finish
}

# berkeley: the database as rpm wrote it up to 4.15: the same headers, by their
# numbers, in a hash of Berkeley DB. Debian's rpm reads this, and writes no more.
berkeley() {
	python3 - "$work/db/rpmdb.sqlite" <<-'PYTHON' | db_load "$R$dbpath/Packages"
		import sqlite3, sys
		rows = sqlite3.connect(sys.argv[1]).execute("select hnum, blob from Packages order by hnum").fetchall()
		print("VERSION=3", "format=bytevalue", "type=hash", "HEADER=END", sep="\n")
		for number, blob in [(0, max(n for n, _ in rows).to_bytes(4, "little")), *rows]:
		    print(f" {number.to_bytes(4, 'little').hex()}", f" {blob.hex()}", sep="\n")
		print("DATA=END")
	PYTHON
}

chain_rpm_bdb() {
	backend=sqlite dbpath=/var/lib/rpm
	begin rpm-bdb
	after() {
		cp -a "$R$dbpath/." "$work/db/"
		rm "$R$dbpath"/*
		berkeley
	}
	before() {
		mkdir -p "$R$dbpath" "$work/db"
		rm -f "$R$dbpath"/*
		cp -a "$work/db/." "$R$dbpath/"
	}
	rm -rf "$work/db"
	rpm_life
	after() { :; }
	layer "convert to sqlite, as an upgrade of the distribution does" before
	before() { :; }
	finish
}
