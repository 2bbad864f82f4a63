// Package inflate reads gzip streams (RFC 1952), that is DEFLATE data (RFC 1951)
// between a header and a checksum, two to three times as fast as
// github.com/klauspost/compress does. It is plain Go: no unsafe, no assembly.
//
// # What is read
//
// A stream is one gzip member or several, one after the other; what they hold is
// read as one. Each member's CRC-32 and length are checked, its header's CRC-16
// where there is one. The fields of the headers are checked and then passed over.
// Bytes after the last member that do not begin another are [ErrTrailing]: all that
// came before is sound.
//
// Errors are those of github.com/klauspost/compress/gzip with Multistream(false), one
// member after the other, to the letter: gzip.ErrHeader and gzip.ErrChecksum of
// compress/gzip, io.ErrUnexpectedEOF, flate.CorruptInputError of compress/flate with the
// same offset into the member's DEFLATE data, or the error of the reader below. All that
// was decoded before the error is delivered first; it is as much as klauspost's package
// delivers.
// Tests and fuzz targets hold this against both packages.
//
// # What is asked of the reader below
//
// Input is read in pieces of up to 64 KiB. It is asked for only when the next symbol or
// header cannot be decoded from what is there, and only after all that was decoded has
// been delivered. So whatever a writer flushed can be read before it writes more, and
// at the end of a member all of it is delivered before the reader below is asked
// whether another one follows.
//
// # How it works
//
// Everything lives in one struct of fixed arrays, [decoder]: the input buffer, the
// output with the history of 32 KiB before it, and two decode tables. Symbols are
// decoded in two ways that share the tables:
//
//   - [decoder.fast] decodes literals and matches while there is room to spare, in the
//     input and in the output. It stops in front of everything else: the end of a
//     block, a code that does not exist, a distance that reaches too far back. It
//     knows no errors.
//   - [decoder.symbol] decodes one symbol of any kind, taking no byte of the input
//     before it has to. It alone ends blocks and finds errors, so their offsets are exact.
//
// The bit buffer holds, in both, the next bits of the stream, the first one lowest,
// as RFC 1951 section 3.1.1 packs them.
package inflate
