"""Read bytes from nowhere but the folder given; write them whole or not at all."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from planner.errors import OutputError
from planner.formats.table import Fault

MOST_BYTES = 200_000_000
MOST_MEMBERS = 1_000
MOST_RATIO = 100
RATIO_MATTERS_FROM = 10_000_000
"""Below this many bytes a high ratio is only a table full of blanks."""

_SAYS_UTF8 = 0x800

_MKSTEMP = "[a-z0-9_]" * 8
"""What `tempfile.mkstemp` ends names with, as a pattern."""

_FORBIDDEN = re.compile(r"://|^/|^~|^[A-Za-z]:|\\|[<>|*?\x00-\x1f]")


def inside(folder: Path, name: str) -> Path:
    """
    Return the path of a regular file inside a folder.

    Raises
    ------
    Fault
        If the name leads out of the folder, by itself or through a link, or
        there is no such file.
    """
    if _FORBIDDEN.search(name) or ".." in PurePosixPath(name).parts or not name:
        raise Fault("E-PATH", name=name)
    try:
        path = (folder / name).resolve(strict=True)
        root = folder.resolve(strict=True)
    except FileNotFoundError as error:
        raise Fault("E-FILE-MISSING", name=name) from error
    except (OSError, RuntimeError) as error:  # a loop of links, a name too long
        raise Fault("E-PATH", name=name) from error
    if not path.is_relative_to(root):
        raise Fault("E-PATH-SYMLINK", name=name)
    if not path.is_file():
        raise Fault("E-FILE-MISSING", name=name)
    return path


def read_bytes(path: Path) -> bytes:
    """
    Return the content of a file.

    Raises
    ------
    Fault
        If it is empty, too big or unreadable.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Fault("E-FILE-UNREADABLE", detail=error.strerror or "") from error
    if len(data) > MOST_BYTES:
        raise Fault("E-SIZE", limit_mb=MOST_BYTES // 1_000_000)
    if not data:
        raise Fault("E-INPUT-EMPTY")
    return data


def decoded(data: bytes) -> tuple[str, tuple[Fault, ...]]:
    """
    Return text and the remark, if any, that its encoding was guessed.

    UTF-8 with or without a mark, UTF-16 with one; what is not UTF-8 is taken
    for GB 18030, of which GBK is a part.

    Raises
    ------
    Fault
        If the bytes are no text in any of these.
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    attempts = ["utf-16"] if marked else ["utf-8-sig", "gb18030"]
    for encoding in attempts:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        guessed = encoding == "gb18030"
        return text, (Fault("W-ENCODING", encoding=encoding),) if guessed else ()
    raise Fault("E-ENCODING")


def zip_members(data: bytes) -> dict[str, bytes]:
    """
    Return the files in a zip archive, read in memory within limits.

    Raises
    ------
    Fault
        If it is no archive, or one made to do harm.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [info for info in archive.infolist() if not info.is_dir()]
            if len(entries) > MOST_MEMBERS:
                raise Fault("E-ZIP-SIZE", limit=f"{MOST_MEMBERS} files")
            if sum(info.file_size for info in entries) > MOST_BYTES:
                raise Fault("E-ZIP-SIZE", limit=f"{MOST_BYTES // 1_000_000} MB")
            for info in entries:
                parts = PurePosixPath(info.filename.replace("\\", "/")).parts
                if ".." in parts or info.filename.startswith(("/", "\\")):
                    raise Fault("E-ZIP-PATH", name=info.filename)
                big = info.file_size > RATIO_MATTERS_FROM
                if big and info.file_size > MOST_RATIO * max(info.compress_size, 1):
                    raise Fault("E-ZIP-RATIO", name=info.filename, limit=MOST_RATIO)
            return {_member_name(info): archive.read(info) for info in entries}
    except Fault:
        raise
    except Exception as error:  # damaged bytes make zipfile raise almost anything
        raise Fault("E-FORMAT-CORRUPT", format="zip") from error


def _member_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member; Chinese Windows writes GBK and does not say so."""
    if info.flag_bits & _SAYS_UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gbk")
    except UnicodeError:
        return info.filename


def write_atomically(path: Path, data: bytes) -> None:
    """
    Write a file whole or not at all, readable by its owner alone.

    Raises
    ------
    OutputError
        If the disk or its permissions do not allow it.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """
    Write files that belong together, all or none, readable by their owner alone.

    The bytes go to files beside them, reach the disk, and only when all are there
    take their names: a full disk or a pulled plug leaves the old content as it was.

    Raises
    ------
    OutputError
        If the disk or its permissions do not allow it.
    """
    beside: dict[Path, Path] = {}
    path = Path()
    try:
        for path, data in files.items():
            # mkstemp makes the file with mode 0600.
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            beside[path] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path, ready in beside.items():
            ready.replace(path)
    except BaseException as error:
        for left in beside.values():
            with contextlib.suppress(OSError):
                left.unlink()
        if isinstance(error, OSError):
            raise OutputError(f"{path}: {error.strerror}") from error
        raise


def remove_leftovers(folder: Path, names: Iterable[str]) -> None:
    """Remove what a run that was killed in the midst of writing left beside files."""
    for name in names:
        for left in folder.glob(f".{name}.{_MKSTEMP}"):
            with contextlib.suppress(OSError):
                left.unlink()
