"""PNG files, chunk by chunk, for contents that Pillow does not write."""

import struct
import zlib

GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6


def png(size, bits, kind, rows, *chunks):
    """Return a PNG file of a size (width, height); `rows` are bytes, `chunks` are pairs (name, bytes)."""
    header = struct.pack(">IIBBBBB", *size, bits, kind, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = (b"IHDR", header), *chunks, (b"IDAT", packed), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name, content):
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def numbers(*values):
    """Return numbers as PNG's 16-bit integers."""
    return struct.pack(f">{len(values)}H", *values)
