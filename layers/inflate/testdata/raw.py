# Writes what the seeds hold to the files short and long: python3 raw.py
import hashlib

def noise(n):
    return b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(n // 32))

def names(n):
    return b"".join(b"usr/share/doc/package%d/copyright\n" % (i % 97 * i) for i in range(n))

short = names(12) + noise(64) + bytes(300) + names(14) + b"abc" * 50
long = names(600) + noise(1024) + bytes(60_000) + names(900) + noise(1600)[::2] * 2 + b"xy" * 20_700

for name, raw in ("short", short), ("long", long):
    open(name, "wb").write(raw)
