"""Find out in which encoding the texts of a Shapefile's table are."""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator

from planner.formats.table import Fault

_ENCODINGS = ("UTF-8", "GBK")


def named_encoding(cpg: bytes) -> str | None:
    """
    Return the encoding that a ``.cpg`` names, as GDAL knows it.

    None where it names none that is known, or UTF-8, which some programs write
    beside other text: then the text itself tells.

    Examples
    --------
    >>> named_encoding(b"ANSI 936")
    'GBK'
    """
    name = re.sub(r"^(ansi|oem|ms)[ _-]*", "", cpg.decode("ascii", "replace").lower())
    name = re.sub(r"^(?=\d+$)", "cp", name.strip())
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    if codec.startswith("gb"):
        return "GBK"
    return None if codec == "utf-8" else codec.upper()


def dbf_encoding(data: bytes) -> str:
    """
    Return UTF-8 where names and values of a DBF are that, else GBK.

    Raises
    ------
    Fault
        If they are neither.
    """
    if len(data) < 32:
        raise Fault("E-FORMAT-CORRUPT", format="DBF")
    header_length = struct.unpack_from("<H", data, 8)[0]
    for encoding in _ENCODINGS:
        try:
            for name in _names(data, header_length):
                _decode(name, encoding)
            try:
                data[header_length:].rstrip(b"\x1a").decode(encoding)
            except UnicodeDecodeError:
                for value in _values(data, header_length):
                    _decode(value, encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Fault("E-ENCODING")


def mended(data: bytes, encoding: str) -> bytes:
    """Return a DBF whose columns' names end with a whole character; GDAL cuts bytes."""
    header_length = struct.unpack_from("<H", data, 8)[0]
    found = bytearray(data)
    for start, name in zip(
        range(32, header_length - 32, 32), _names(data, header_length), strict=False
    ):
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        whole = decoder.decode(name).encode(encoding, "ignore")
        found[start : start + 11] = whole[:11].ljust(11, b"\0")
    return bytes(found)


def _decode(text: bytes, encoding: str) -> None:
    """Raise UnicodeDecodeError unless it is text, its last character perhaps cut."""
    codecs.getincrementaldecoder(encoding)().decode(text)


def _names(data: bytes, header_length: int) -> Iterator[bytes]:
    for start in range(32, header_length - 32, 32):
        yield data[start : start + 11].split(b"\0")[0]


def _values(data: bytes, header_length: int) -> Iterator[bytes]:
    """Yield the values of a table, which may be cut where their column ends."""
    widths = [data[start + 16] for start in range(32, header_length - 32, 32)]
    step = 1 + sum(widths)
    for start in range(header_length, len(data) - step + 1, step):
        at = start + 1
        for width in widths:
            yield data[at : at + width].rstrip(b" \0")
            at += width
