#!/usr/bin/env python3
"""Write the wheel of a one-module Python package: makewheel.py NAME VERSION DIR.

The bytes depend on name and version alone.
"""
import base64
import hashlib
import pathlib
import sys
import zipfile

name, version, out = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
info = f"{name}-{version}.dist-info"
files = {
    f"{name}/__init__.py": f'__version__ = "{version}"\n\n\ndef greet(who):\n    return f"hello, {{who}}"\n',
    f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    "Summary: A package of one function\nLicense: Apache-2.0\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: makewheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{info}/top_level.txt": f"{name}\n",
}


def record(path, text):
    digest = hashlib.sha256(text.encode()).digest()
    return f"{path},sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')},{len(text)}\n"


files[f"{info}/RECORD"] = "".join(record(*f) for f in files.items()) + f"{info}/RECORD,,\n"
out.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(out / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
    for path, text in files.items():
        entry = zipfile.ZipInfo(path, (2023, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        wheel.writestr(entry, text)
