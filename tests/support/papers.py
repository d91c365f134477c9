"""Files for courseware: sound ones, and every kind of bad one. Made byte by byte."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable

from PIL import Image

LINES = 12


def _words(number: int) -> bytes:
    lines = [f"BT /F1 40 Tf 60 440 Td (Page {number}) Tj ET"]
    lines += [f"BT /F1 18 Tf 60 {400 - 24 * n} Td (Line {n}) Tj ET" for n in range(LINES)]
    return "\n".join(lines).encode()


def pdf(
    pages: int,
    *,
    box: tuple[float, float] = (960, 540),
    content: Callable[[int], bytes] = _words,
    trailer: bytes = b"",
) -> bytes:
    """A PDF with a page of text for each number; `trailer` adds to its last dictionary."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number in range(1, pages + 1):
        stream = content(number)
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {box[0]} {box[1]}]/Contents"
            f" {3 + 2 * number} 0 R/Resources<</Font<</F1 3 0 R>>>>>>".encode(),
            b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        ]
    return _assembled(objects, trailer)


def _assembled(objects: Iterable[bytes], trailer: bytes) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    end = b"trailer<</Size %d/Root 1 0 R%s>>\n" % (len(places) + 1, trailer)
    return out + head + table + end + b"startxref\n%d\n%%%%EOF" % len(out)


def locked_pdf() -> bytes:
    """One whose password nobody knows."""
    secret = b"<" + b"5a" * 32 + b">"
    locks = b"/Encrypt<</Filter/Standard/V 1/R 2/O %s/U %s/P -4>>/ID[<00><00>]"
    return pdf(1, trailer=locks % (secret, secret))


def torn_pdf() -> bytes:
    """The head of one, and noise."""
    return b"%PDF-1.7\n" + bytes(range(256)) * 40


def endless_pdf() -> bytes:
    """A page that takes hours to draw: large overlapping shapes without end."""
    shapes = b"0.5 g 0 0 m 960 540 l 0 540 960 0 480 270 c f*\n" * 40_000
    return pdf(2, content=lambda number: shapes if number == 2 else _words(number))


def swollen_pdf() -> bytes:
    """A page whose picture wants 30 GB of memory."""
    picture = zlib.compress(bytes(1_000))
    side = 100_000
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 960 540]/Contents 4 0 R"
        b"/Resources<</XObject<</I 5 0 R>>>>>>",
        b"<</Length 28>>stream\nq 960 0 0 540 0 0 cm /I Do Q\nendstream",
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8"
        b"/ColorSpace/DeviceRGB/Filter/FlateDecode/Length %d>>stream\n%s\nendstream"
        % (side, side, len(picture), picture),
    ]
    return _assembled(objects, b"")


def picture(kind: str = "PNG", size: tuple[int, int] = (800, 600), mode: str = "RGB") -> bytes:
    """A picture with a gradient."""
    made = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    made.save(out, kind)
    return out.getvalue()


def giant_png(side: int = 60_000) -> bytes:
    """The head of a PNG that says it is that large, and a little of it."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(10_000))), (b"IEND", b"")]
    made = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def archive(*names: str, filler_bytes: int = 10) -> bytes:
    """A ZIP archive with these files, each of so many zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, bytes(filler_bytes))
    return out.getvalue()


def presentation() -> bytes:
    """What looks like a PPTX from outside."""
    return archive("[Content_Types].xml", "ppt/presentation.xml")


def swollen_presentation() -> bytes:
    """A PPTX that unpacks to a thousand times its size."""
    return archive("ppt/presentation.xml", "ppt/media/a.bmp", filler_bytes=60_000_000)


def locked_presentation() -> bytes:
    """A PPTX with a password: the older container around it."""
    stream = "EncryptedPackage".encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1_000) + stream + bytes(2_000)
