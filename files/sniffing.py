"""What a file is, by its bytes. No Django in here beyond the enum; nothing is trusted, nothing is unpacked."""

import csv
import zipfile
from typing import IO

from files.enums import FileKind

HEAD_BYTES = 64 * 1024
#: An XLSX may unpack to this much, in this many parts; more is a bomb.
XLSX_UNPACKED_BYTES = 300 * 1024 * 1024
XLSX_PARTS = 5_000
_XLSX_RATIO = 200  # a sheet of zeros packs well, but not better than this

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"II*\x00", FileKind.TIFF),
    (b"MM\x00*", FileKind.TIFF),
)
_PDF_MAGIC = b"%PDF-"
_PDF_WITHIN = 1024  # the header may come a little late, says the PDF specification's implementation notes
_DELIMITERS = ",;\t|"
_CONTROL = {chr(code) for code in range(32)} - set("\t\n\r\f\v\x1a\x1c")


def sniff_kind(stream: IO[bytes]) -> FileKind | None:
    """The kind, or None when it is none of ours. Leaves the stream at its start."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if _PDF_MAGIC in head[:_PDF_WITHIN]:
        return FileKind.PDF
    if head.startswith(b"PK\x03\x04"):
        found = FileKind.XLSX if _is_xlsx(stream) else None
        stream.seek(0)
        return found
    return FileKind.CSV if _is_csv(head) else None


def _is_xlsx(stream: IO[bytes]) -> bool:
    try:
        with zipfile.ZipFile(stream) as book:
            parts = book.infolist()
            names = {part.filename for part in parts}
            unpacked = sum(part.file_size for part in parts)
            packed = sum(part.compress_size for part in parts)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return False
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/workbook") for name in names):
        return False
    bounded = len(parts) <= XLSX_PARTS and unpacked <= XLSX_UNPACKED_BYTES
    return bounded and unpacked <= max(packed, 1) * _XLSX_RATIO


def decode_text(data: bytes) -> str | None:
    """Text of a table: by byte order mark, else UTF-8, else the Arabic code page of Windows. None for no text.

    The last bytes may be half a character: `data` may be the head of a file.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            text = data[: len(data) - len(data) % 2 if encoding == "utf-16" else None].decode(
                encoding, "replace"
            )
            return None if "\x00" in text else text
    if b"\x00" in data:
        return None
    for encoding, tail in (("utf-8", 3), ("cp1256", 0)):
        for cut in range(tail + 1):
            try:
                return data[: len(data) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def sniff_delimiter(text: str) -> str | None:
    """The delimiter that cuts the first lines into the same number of cells most often; None when none cuts."""
    lines = [line for line in text.splitlines()[:30] if line.strip()]
    best, best_score = None, 0.0
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            continue
        if not widths:
            continue
        common = max(set(widths), key=widths.count)
        score = widths.count(common) / len(widths) * min(common, 50) if common > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _is_csv(head: bytes) -> bool:
    text = decode_text(head)
    if text is None or not text.strip() or any(char in _CONTROL for char in text):
        return False
    if text.lstrip()[:1] in "<{":  # markup and JSON have commas too
        return False
    return sniff_delimiter(text) is not None
