"""Pictures handed in as evidence (照片佐证): what the file itself says, and a hash that near-same pictures share.

A picture is decoded as a whole before it is taken, so that a file that only looks like one is refused.
"""

from __future__ import annotations

import datetime as dt
import math
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from lantu.base import LantuError, Place, Text

FORMATS = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "WEBP": (".webp",)}
MOST_BYTES = 25 * 1024 * 1024
MOST_PIXELS = 60_000_000
_TAKEN = 0x9003
"""EXIF tag DateTimeOriginal."""
_EXIF, _GPS = 0x8769, 0x8825


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture's file says: its form and size, when and where it was taken, its perceptual hash."""

    form: str
    width: int
    height: int
    phash: str
    """The perceptual hash (DCT, 64 bits) as 16 hexadecimal digits."""
    taken: dt.datetime | None
    """The camera's local time; None where the file does not say."""
    longitude: float | None
    latitude: float | None

    def as_evidence(self) -> dict[str, Any]:
        """The facts that are kept with the evidence."""
        return {
            "phash": self.phash,
            "taken": None if self.taken is None else self.taken.isoformat(),
            "longitude": self.longitude,
            "latitude": self.latitude,
        }


def read_picture(path: Path) -> Picture:
    """Read a picture's file.

    Raises:
        LantuError: it is too large, no picture of a known form, broken, or its name says another form.
    """
    from PIL import Image, UnidentifiedImageError

    content = _content(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=tuple(FORMATS))
            form = "JPEG" if image.format == "MPO" else image.format or ""  # a telephone's JPEG with a second picture
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise _refused(path, f"像素太多（{width}×{height}）", f"it has too many pixels ({width} x {height})")
            exif = image.getexif()
            taken, place = _taken(exif), _place(exif)
            image.draft("L", (256, 256))  # a JPEG is decoded at a fraction of its size, which is enough for the hash
            phash = _hash(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused(path, "像素太多", "it has too many pixels") from None
    except UnidentifiedImageError:
        raise _refused(path, "不是照片文件", "it is no picture") from None
    except (OSError, SyntaxError, ValueError, EOFError, ArithmeticError) as error:
        raise _refused(path, f"照片读不出来：{error}", f"the picture cannot be read: {error}") from error
    if path.suffix.lower() not in FORMATS[form]:
        written = path.suffix
        raise _refused(
            path, f"内容是 {form}，扩展名是“{written}”", f"its content is {form}, its name ends in '{written}'"
        )
    longitude, latitude = place or (None, None)
    return Picture(form, width, height, phash, taken, longitude, latitude)


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            most = MOST_BYTES // 1024 // 1024
            raise _refused(path, f"文件大于 {most} MB", f"the file is larger than {most} MB")
        return path.read_bytes()
    except OSError as error:
        raise _refused(path, f"读不了：{error.strerror}", f"cannot be read: {error.strerror}") from error


def _refused(path: Path, zh: str, en: str) -> LantuError:
    forms = ", ".join(FORMATS)
    return LantuError(
        Text(f"{path.name}：{zh}", f"{path.name}: {en}"),
        where=Place(path),
        mend=Text(f"交原始照片（{forms}）", f"hand in the picture as it was taken ({forms})"),
    )


def _hash(image: Any) -> str:
    import imagehash

    return str(imagehash.phash(image))


def _taken(exif: Any) -> dt.datetime | None:
    written = exif.get_ifd(_EXIF).get(_TAKEN)
    if not isinstance(written, str):
        return None
    try:
        return dt.datetime.strptime(written.strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None


def _place(exif: Any) -> tuple[float, float] | None:
    """(longitude, latitude) in degrees; None where the file does not say it, or says what cannot be."""
    gps = exif.get_ifd(_GPS)
    try:
        latitude = _degrees(gps[2]) * (-1 if str(gps.get(1, "N")).upper().startswith("S") else 1)
        longitude = _degrees(gps[4]) * (-1 if str(gps.get(3, "E")).upper().startswith("W") else 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    possible = math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180
    # many telephones write zeros where they have no fix
    return (round(longitude, 6), round(latitude, 6)) if possible and (latitude, longitude) != (0, 0) else None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(each) for each in parts)
    return degrees + minutes / 60 + seconds / 3600


def small_copy(path: Path, most: int = 1200) -> bytes:
    """A picture made anew as a JPEG of at most so many pixels a side, without anything else that its file held.

    Raises:
        LantuError: it cannot be read as a picture.
    """
    from PIL import Image, ImageOps

    read_picture(path)
    with Image.open(BytesIO(_content(path)), formats=tuple(FORMATS)) as image:
        image.draft("RGB", (most, most))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((most, most))
        out = BytesIO()
        upright.save(out, "JPEG", quality=82)
        return out.getvalue()
