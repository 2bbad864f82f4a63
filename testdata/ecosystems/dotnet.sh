# shellcheck shell=bash
# Assemblies of .NET. Sourced.

# assembly NAME VERSION: compile it into the image. The version has four numbers.
assembly() {
	mkdir -p "$R/opt/net" "$work/net"
	cat >"$work/net/$1.cs" <<-CS
		using System.Reflection;
		[assembly: AssemblyTitle("$1")]
		[assembly: AssemblyProduct("$1")]
		[assembly: AssemblyVersion("$2")]
		public class $1 { public const string Version = "$2"; }
	CS
	mcs -target:library "-out:$R/opt/net/$1.dll" "$work/net/$1.cs"
}

# npm_fetch NAME@VERSION: print the file of a published package.
npm_fetch() {
	mkdir -p "$work/npm"
	printf '%s/%s\n' "$work/npm" "$(cd "$work/npm" && npm pack --silent "$1")"
}
