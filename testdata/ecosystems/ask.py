#!/usr/bin/env python3
"""Ask the package systems' own tools what is installed.

  ask.py state ROOT FILE   FILE: type, package, architecture, place, version, sorted;
                           the place is a directory, for languages alone
  ask.py files ROOT FILE   FILE: type, package, architecture, version, bytes, bytes: of the
                           regular files that the tool says it owns, each inode once: those of
                           no other package, and all; the last line is the sum over all
                           packages; left as it is when there is no database any more
  ask.py events DIR        DIR/events.tsv, of DIR/00.tsv, DIR/01.tsv, …: layer, change, type,
                           package, architecture, place, old version, new version

A change is introduced, upgraded, downgraded, changed (no order), removed, reinstalled, or
unlisted: the database is gone, or lists nothing. A package of which several versions may be
there at once has no events here. The order of versions is asked of the tools, too.

No code of the library takes part.
"""
import collections
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib

ENV = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
GO = shutil.which("go") or "/usr/local/go/bin/go"


def run(*command, **more):
    done = subprocess.run(list(map(str, command)), env=ENV, capture_output=True, text=True, **more)
    return done.stdout


def rows(text):
    return [line.split("\t") for line in text.splitlines() if line]


def within(root, path, depth=0):
    """The directory at path, relative to root, its links followed inside root."""
    at = pathlib.Path("/")
    for part in pathlib.PurePath(path).parts[1:]:
        at /= part
        link = pathlib.Path(f"{root}{at}")
        if link.is_symlink() and depth < 40:
            at = within(root, os.path.normpath(at.parent / os.readlink(link)), depth + 1)
    return at


def older_by_numbers(a, b):
    return [a, b] == run("sort", "-V", input=f"{b}\n{a}\n").split()


class Dpkg:
    """dpkg's status, and status.d, which dpkg itself does not read: made one file for it."""

    FORMAT = r"${Package}\t${Architecture}\t${Version}\t${db:Status-Status}\n"
    GONE = {"not-installed", "config-files"}

    def __init__(self, root):
        self.root, self.admin = root, root / "var/lib/dpkg"
        self.there = (self.admin / "status").exists() or (self.admin / "status.d").is_dir()

    def rows(self):
        if (self.root / "usr/bin/dpkg-query").exists():
            return rows(run("chroot", self.root, "dpkg-query", "-W", "-f", self.FORMAT))
        with tempfile.TemporaryDirectory() as admin:
            status = ""
            if (self.admin / "status").exists():
                status = (self.admin / "status").read_text() + "\n"
            for f in sorted((self.admin / "status.d").glob("*")):
                if f.suffix != ".md5sums":
                    status += f.read_text() + "\n"
            pathlib.Path(admin, "status").write_text(status)
            pathlib.Path(admin, "info").mkdir()
            return rows(run("dpkg-query", "--admindir", admin, "-W", "-f", self.FORMAT))

    def state(self):
        return [("deb", n, a, "", v) for n, a, v, s in self.rows() if s not in self.GONE]

    def owned(self):
        for name, arch, version, status in self.rows():
            if status in self.GONE:
                continue
            files = []
            sums = self.admin / "status.d" / f"{name}.md5sums"
            if sums.exists():
                files = ["/" + line.split("  ", 1)[1] for line in sums.read_text().splitlines()]
            for stem in (name, f"{name}:{arch}"):
                listed = self.admin / "info" / f"{stem}.list"
                if listed.exists():
                    files = listed.read_text().splitlines()
            yield ("deb", name, arch, version), files

    @staticmethod
    def older(a, b):
        return subprocess.run(["dpkg", "--compare-versions", a, "lt", b]).returncode == 0


class Rpm:
    """Asked of a copy: rpm writes to a database that it reads."""

    PLACES = ("usr/lib/sysimage/rpm", "var/lib/rpm")
    NAME = r"%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n"

    def __init__(self, root):
        self.root = root
        self.db = next((root / p for p in self.PLACES if any((root / p).glob("[rP]*"))), None)
        self.there = self.db is not None

    def ask(self, *what):
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(self.db, copy, dirs_exist_ok=True)
            backend = "bdb_ro" if (self.db / "Packages").exists() else "sqlite"
            return rows(run("rpm", "--dbpath", copy, "--define", f"_db_backend {backend}", *what))

    def state(self):
        if not self.there:
            return []
        # An imported key has no architecture, which rpm spells "(none)".
        return [("rpm", n, a.replace("(none)", ""), "", v) for n, a, v in self.ask("-qa", "--qf", self.NAME)]

    def owned(self):
        files = {}
        if self.there:
            query = r"[%{=NAME}\t%{=ARCH}\t%{=VERSION}-%{=RELEASE}\t%{=EPOCHNUM}\t%{FILENAMES}\n]"
            for name, arch, version, epoch, path in self.ask("-qa", "--qf", query):
                key = ("rpm", name, arch, version if epoch == "0" else f"{epoch}:{version}")
                files.setdefault(key, []).append(path)
        return files.items()

    @staticmethod
    def older(a, b):
        def split(v):
            return v.split(":") if ":" in v else ("0", v)
        (e, v), (f, w) = split(a), split(b)
        return int(e) < int(f) if e != f else run("rpm", "--eval", f"%{{lua:print(rpm.vercmp('{v}', '{w}'))}}").strip() == "-1"


class Pacman:
    def __init__(self, root):
        self.root, self.db = root, root / "var/lib/pacman"
        self.there = (self.db / "local").is_dir()

    def ask(self, *what):
        return run("pacman", "--dbpath", self.db, "--root", self.root, *what)

    def state(self):
        if not self.there:
            return []
        found = []
        for block in self.ask("-Qi").split("\n\n"):
            fields = dict(re.findall(r"^(\S[^:]*?)\s*: (.*)$", block, re.M))
            if fields:
                found.append(("alpm", fields["Name"], fields["Architecture"], "", fields["Version"]))
        return found

    def owned(self):
        for kind, name, arch, _, version in self.state():
            paths = self.ask("-Qlq", name).splitlines()
            yield (kind, name, arch, version), ["/" + os.path.relpath(p, self.root) for p in paths]

    @staticmethod
    def older(a, b):
        return run("vercmp", a, b).strip() == "-1"


class Python:
    DISTRIBUTIONS = """
import importlib.metadata as m, sys
for d in m.distributions(path=[p for p in sys.path if p] + sys.argv[1:]):
    print(d.metadata['Name'], d.version, d._path.parent, sep='\\t')
"""

    def __init__(self, root):
        self.root = root
        self.there = (root / "usr/bin/python3").exists()

    def state(self):
        if not self.there:
            return []
        out = run("chroot", self.root, "python3", "-I", "-B", "-c", self.DISTRIBUTIONS, "/opt/app/lib")
        return [("python", n, "", p.lstrip("/"), v) for n, v, p in rows(out)]

    @staticmethod
    def older(a, b):
        script = "import sys; from pip._vendor.packaging.version import Version as V; print(V(sys.argv[1]) < V(sys.argv[2]))"
        return run(sys.executable, "-c", script, a, b).strip() == "True"


class Gems:
    # Gem::Specification.each passes over a version that it has seen elsewhere.
    SPECS = r"""
Gem::Specification.dirs.flat_map { |d| Dir["#{d}/{,default/}*.gemspec"] }.each do |file|
  s = Gem::Specification.load(file)
  puts [s.name, s.version, File.dirname(file)].join("\t")
end"""

    def __init__(self, root):
        self.root = root
        self.there = (root / "usr/bin/ruby").exists()

    def state(self):
        if not self.there:
            return []
        return [("gem", n, "", p.lstrip("/"), v) for n, v, p in rows(run("chroot", self.root, "ruby", "-e", self.SPECS))]

    @staticmethod
    def older(a, b):
        return run("ruby", "-e", "print Gem::Version.new(ARGV[0]) < Gem::Version.new(ARGV[1])", a, b) == "true"


class Npm:
    def __init__(self, root):
        self.root = root
        self.there = (root / "srv/app/node_modules").is_dir()

    def state(self):
        if not self.there:
            return []
        found = []
        out = run("npm", "ls", "--all", "--parseable", "--long", "--prefix", self.root / "srv/app")
        for line in out.splitlines():
            place, _, rest = line.partition(":")
            name, _, version = rest.split(":")[0].rpartition("@")
            if "/node_modules/" in place:  # not the application itself
                found.append(("npm", name, "", os.path.relpath(place, self.root), version))
        return found

    older = staticmethod(older_by_numbers)


class Jars:
    """pom.properties, of a jar and of the jars inside, by unzipping."""

    def __init__(self, root):
        self.root = root
        self.there = (root / "opt/java").is_dir()

    def state(self):
        found = []
        for jar in sorted((self.root / "opt/java").glob("*.jar")):
            found += [("java-archive", n, "", "opt/java", v) for n, v in self.poms(jar.read_bytes())]
        return found

    def poms(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as z:
            for name in z.namelist():
                if name.endswith("pom.properties"):
                    fields = dict(line.split("=", 1) for line in z.read(name).decode().split("\n") if "=" in line)
                    yield fields["artifactId"].strip(), fields["version"].strip()
                if name.endswith(".jar"):
                    yield from self.poms(z.read(name))

    older = None


class Go:
    def __init__(self, root):
        self.root = root
        self.there = (root / "usr/local/bin/hello").exists()

    def state(self):
        if not self.there:
            return []
        place, found = "usr/local/bin/hello", []
        for line in run(GO, "version", "-m", self.root / place).splitlines():
            words = line.split()
            if line.startswith("\t") and words[0] == "dep":
                found.append(("go-module", words[1], "", place, words[2]))
            elif not line.startswith("\t"):
                found.append(("go-module", "stdlib", "", place, words[1]))
        return found

    older = staticmethod(older_by_numbers)


class Composer:
    def __init__(self, root):
        self.root = root
        self.there = (root / "srv/php/composer.json").exists()

    def state(self):
        if not self.there:
            return []
        out = run("chroot", self.root, "env", "COMPOSER_ALLOW_SUPERUSER=1", "COMPOSER_HOME=/tmp/.composer",
                  "composer", "show", "--working-dir=/srv/php", "--format=json", "--no-interaction")
        return [("php-composer", p["name"], "", "srv/php/vendor/composer", p["version"]) for p in json.loads(out)["installed"]]

    older = staticmethod(older_by_numbers)


class Crates:
    """The section that cargo-auditable writes, by objcopy: JSON, compressed. What is of the build alone is not in the program."""

    def __init__(self, root):
        self.root = root
        self.there = (root / "usr/local/bin/crier").exists()

    def state(self):
        if not self.there:
            return []
        place = "usr/local/bin/crier"
        with tempfile.NamedTemporaryFile() as section:
            run("objcopy", "-O", "binary", "--only-section=.dep-v0", "--set-section-flags=.dep-v0=alloc", self.root / place, section.name)
            said = json.loads(zlib.decompress(pathlib.Path(section.name).read_bytes()))
        return [("rust-crate", p["name"], "", place, p["version"]) for p in said["packages"] if p.get("kind", "runtime") == "runtime"]

    older = staticmethod(older_by_numbers)


class Assemblies:
    """Each assembly, by monodis; but where a deps.json tells what was made of what,
    the packages that it names, and not the assemblies that it says are theirs."""

    def __init__(self, root):
        self.root = root
        self.places = [root / "opt/net", root / "srv/app/node_modules/@agracio/edge-cs/lib"]
        self.there = any(p.is_dir() for p in self.places)

    def state(self):
        found = []
        for place in self.places:
            theirs = set()
            for file in place.glob("*.deps.json"):
                packages, files = self.deps(file)
                found += [("dotnet", n, "", str(file.relative_to(self.root)), v) for n, v in packages]
                theirs |= files
            for file in place.glob("*.dll"):
                if file.name not in theirs:
                    said = run("monodis", "--assembly", file)
                    name, version = (re.search(rf"^{field}:\s*(.*)$", said, re.M)[1] for field in ("Name", "Version"))
                    found.append(("dotnet", name, "", str(file.relative_to(self.root)), version))
        return found

    def deps(self, file):
        """The program itself and the packages of libraries of which something is there at
        run time, of their own or of what they need; and the files that any of them has."""
        said = json.loads(file.read_text())
        target = said["targets"][said["runtimeTarget"]["name"]]
        version = dict(key.split("/") for key in target)

        def runs(name, seen=()):
            what = target.get(f"{name}/{version.get(name)}", {})
            return bool(what.get("runtime") or what.get("resources")) or any(
                runs(d, (*seen, name)) for d in what.get("dependencies", {}) if d not in seen)

        program = file.name.removesuffix(".deps.json")
        packages = [(n, v) for n, v in version.items()
                    if n == program or said["libraries"][f"{n}/{v}"]["type"] == "package" and runs(n)]
        files = {os.path.basename(f) for what in target.values() for f in what.get("runtime", {})}
        return packages, files

    @staticmethod
    def older(a, b):  # a number that is missing is 0
        a, b = ((*map(int, v.split(".")), 0, 0)[:4] for v in (a, b))
        return a < b


SYSTEMS = {"deb": Dpkg, "rpm": Rpm, "alpm": Pacman, "python": Python, "gem": Gems, "npm": Npm, "java-archive": Jars, "go-module": Go,
           "php-composer": Composer, "rust-crate": Crates, "dotnet": Assemblies}


def write(path, table):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in sorted(set(table))))


def read(path):
    return [tuple(line.split("\t")) for line in path.read_text().splitlines()]


def inodes(root, listed):
    """The regular files among listed, after links of directories: inode and bytes."""
    found = {}
    for path in listed:
        parent = within(root, os.path.dirname(path) or "/")
        try:
            info = os.lstat(f"{root}{parent / os.path.basename(path)}")
        except OSError:
            continue
        if (info.st_mode & 0o170000) == 0o100000:
            found[info.st_ino] = info.st_size
    return found


def files(root, systems):
    owned = {key: inodes(root, paths) for s in systems if hasattr(s, "owned") for key, paths in s.owned()}
    owners = collections.Counter(inode for found in owned.values() for inode in found)
    table = []
    for key, found in owned.items():
        own = sum(size for inode, size in found.items() if owners[inode] == 1)
        table.append((*key, own, sum(found.values())))
    union = {inode: size for found in owned.values() for inode, size in found.items()}
    table.append(("~", "", "", "", sum(union.values()), sum(union.values())))
    return table if owned else []


def events(folder):
    was, ever, several, table = {}, {}, set(), []
    states = sorted(folder.glob("[0-9][0-9].tsv"))
    for state in states:
        seen = set()
        for row in read(state):
            key = row[:4]
            several |= {key} & seen
            seen.add(key)
    for number, state in enumerate(states):
        now = {row[:4]: row[4] for row in read(state) if row[:4] not in several}
        kinds = {key[0] for key in now}
        for key in sorted(was.keys() | now.keys()):
            old, new = was.get(key, ""), now.get(key, "")
            if old == new:
                continue
            order = SYSTEMS[key[0]].older
            if not new:
                change = "unlisted" if key[0] in ("deb", "rpm", "alpm") and key[0] not in kinds else "removed"
            elif not old:
                change = "reinstalled" if key in ever else "introduced"
            elif order is None:
                change = "changed"
            else:
                change = "upgraded" if order(old, new) else "downgraded"
            table.append((f"{number:02d}", change, *key, old, new))
            ever[key] = True
        was = now
    write(folder / "events.tsv", table)


def main():
    command, place = sys.argv[1], pathlib.Path(sys.argv[2])
    if command == "events":
        return events(place)
    out = pathlib.Path(sys.argv[3])
    systems = [s for s in (system(place) for system in SYSTEMS.values()) if s.there]
    if command == "state":
        return write(out, [row for s in systems for row in s.state()])
    if table := files(place, systems):
        write(out, table)


main()
