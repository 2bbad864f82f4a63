#!/bin/sh
# Makes the seeds again: see README.md. DIR holds the two programs of there, if any.
set -eu
cd "$(dirname "$0")"
python3 raw.py
for k in short long; do
	gzip -6nc <$k >$k-gzip.gz
	zopfli -c $k >$k-zopfli.gz
	igzip -2 -n -c $k >$k-igzip.gz
	libdeflate-gzip -12 -c <$k >$k-libdeflate.gz
	pigz -n -c -p 2 -b 32 $k >$k-pigz.gz
	python3 -c "import gzip, sys; sys.stdout.buffer.write(gzip.compress(open('$k', 'rb').read(), 9, mtime=1))" >$k-python.gz
	if [ -n "${DIR:-}" ]; then
		"$DIR/go-gzip" go -1 <$k >$k-go.gz
		"$DIR/go-gzip" klauspost -1 <$k >$k-klauspost.gz
		"$DIR/go-gzip" pgzip -1 40000 <$k >$k-pgzip.gz
	fi
done
pigz -n -c -p 2 -b 32 -i -R long >long-pigz-rsyncable.gz
gzip -1nc <short >short-gzip-1.gz
igzip -0 -n -c short >short-igzip-0.gz
libdeflate-gzip -1 -c <short >short-libdeflate-1.gz
cat short-gzip.gz short-pigz.gz >twice.gz
python3 - <<'PY'
import struct, zlib
raw = open("short", "rb").read()
head = struct.pack("<4BI2B", 0x1f, 0x8b, 8, 31, 1, 0, 3) # all fields
head += struct.pack("<H", 6) + b"XY\2\0ab" + b"name.tar\0" + b"comm\xe9nt\0"
head += struct.pack("<H", zlib.crc32(head) & 0xffff)
c = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_FIXED)
data = c.compress(raw) + c.flush()
open("short-header-fixed.gz", "wb").write(head + data + struct.pack("<II", zlib.crc32(raw), len(raw)))
PY
if [ -n "${DIR:-}" ]; then
	"$DIR/go-gzip" go -2 <short >short-go-huffman.gz
	"$DIR/go-gzip" go 0 <short >short-go-stored.gz
	tar --format ustar --sort name --owner 0 --group 0 --mode 644 --mtime @0 -cf - long raw.py short | "$DIR/estargz" >estargz.gz
fi
rm short long
