#!/usr/bin/env python3
"""Write the ground truth of a built chain: truth.py OUT ROOT STAGE...

The youngest stage's layers are unpacked into ROOT one after the other, by tar and
by the whiteout rules of the OCI image specification as written down here, with no
code of the library; after each, the image's own dpkg-query, Python and npm are run
inside ROOT by chroot. What they say is the truth:

  truth/stages.tsv        stage, first layer, last layer, number of history entries
  truth/STAGE.dpkg.tsv    package, architecture, version, status: sorted, the stage's last layer
  truth/STAGE.lang.tsv    ecosystem, package, version, place: the same for npm and Python
  truth/layers.dpkg.tsv   layer, change, package, architecture, old version, new version
  truth/layers.lang.tsv   layer, change, ecosystem, package, place, old version, new version

A change is introduced, upgraded, downgraded, or removed; a package is installed when its
status is "installed". "config-files" is the state of a package removed and not purged.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile

OPAQUE = ".wh..wh..opq"


def blob(layout, digest):
    return layout / "blobs" / digest.replace(":", "/")


def load(layout):
    index = json.loads((layout / "index.json").read_text())
    (entry,) = index["manifests"]
    manifest = json.loads(blob(layout, entry["digest"]).read_text())
    config = json.loads(blob(layout, manifest["config"]["digest"]).read_text())
    return manifest, config


def remove(path):
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)


def apply(layer, root):
    """Unpack one layer: what it deletes or replaces first, then tar."""
    with tarfile.open(layer, "r:*") as tar:
        for member in tar:
            target = root / member.name.lstrip("/")
            if not target.parent.resolve().is_relative_to(root.resolve()):
                raise ValueError(f"{layer}: {member.name} leads outside")
            if target.name == OPAQUE:
                for child in target.parent.iterdir() if target.parent.is_dir() else ():
                    remove(child)
            elif target.name.startswith(".wh."):
                remove(target.with_name(target.name[4:]))
            elif target.is_symlink() or target.exists():
                if not (member.isdir() and target.is_dir() and not target.is_symlink()):
                    remove(target)
    subprocess.run(
        ["tar", "-xf", layer, "-C", root, "--numeric-owner", "--same-permissions", "--exclude=.wh.*"],
        check=True,
    )


def inside(root, *command):
    env = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    run = subprocess.run(["chroot", root, *command], env=env, capture_output=True, text=True)
    return run.stdout


def dpkg(root):
    """{(package, architecture): (version, status)}, by the image's own dpkg-query."""
    out = inside(root, "dpkg-query", "-W", "-f", r"${Package}\t${Architecture}\t${Version}\t${db:Status-Status}\n")
    rows = (line.split("\t") for line in out.splitlines())
    return {(name, arch): (version, status) for name, arch, version, status in rows}


PYTHON = """
import importlib.metadata as m
for d in m.distributions():
    print(d.metadata['Name'], d.version, d._path, sep='\\t')
"""


def languages(root):
    """{(ecosystem, name, place): version}, by the image's own npm and Python."""
    found = {}
    if (root / "usr/bin/python3").exists():
        for line in inside(root, "python3", "-I", "-B", "-c", PYTHON).splitlines():
            name, version, place = line.split("\t")
            found["python", name, place.lstrip("/")] = version
    if (root / "usr/local/bin/npm").is_symlink():
        for prefix in ("/usr/local", "/srv/app"):
            scope = ["-g", "--prefix", prefix] if prefix == "/usr/local" else ["-C", prefix]
            out = inside(root, "node", "/usr/local/bin/npm", "ls", "--all", "--parseable", "--long", *scope)
            for line in out.splitlines():
                place, _, rest = line.partition(":")
                name, _, version = rest.split(":")[0].rpartition("@")
                if "/node_modules/" in place and name:
                    found["npm", name, place.lstrip("/")] = version
    return found


def newer(root, a, b):
    return subprocess.run(["chroot", root, "dpkg", "--compare-versions", a, "gt", b]).returncode == 0


def write(path, rows):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))


def changes(old, new, order):
    """(change, key, old version, new version) of two states, sorted by key."""
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key, ""), new.get(key, "")
        if was == now:
            continue
        yield ("introduced" if not was else "removed" if not now else order(was, now)), key, was, now


def main():
    out, root, stages = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    root.mkdir(parents=True)
    ends, rows, first = {}, [], 0
    for stage in stages:
        manifest, config = load(out / "stages" / stage)
        last = len(manifest["layers"]) - 1
        ends[last] = stage
        rows.append((stage, first, last, len(config["history"])))
        first = last + 1
    write(truth / "stages.tsv", rows)

    layout = out / "stages" / stages[-1]
    manifest, config = load(layout)
    installed, languages_now = {}, {}
    life, lang_life = [], []
    for number, layer in enumerate(manifest["layers"]):
        apply(blob(layout, layer["digest"]), root)
        packages, found = dpkg(root), languages(root)
        now = {key: version for key, (version, status) in packages.items() if status == "installed"}
        order = lambda a, b: "upgraded" if newer(root, b, a) else "downgraded"
        life += [(number, c, *key, was, new) for c, key, was, new in changes(installed, now, order)]
        lang_life += [
            (number, c, *key, was, new) for c, key, was, new in changes(languages_now, found, lambda *_: "changed")
        ]
        installed, languages_now = now, found
        if number in ends:
            stage = ends[number]
            write(truth / f"{stage}.dpkg.tsv", [(*k, *v) for k, v in sorted(packages.items())])
            write(truth / f"{stage}.lang.tsv", [(e, n, v, p) for (e, n, p), v in sorted(found.items())])
    write(truth / "layers.dpkg.tsv", life)
    write(truth / "layers.lang.tsv", lang_life)
    shutil.rmtree(root)


main()
