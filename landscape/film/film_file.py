"""Films as files, written picture by picture: GIF with one palette, and H.264 in MP4."""

import struct
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.GifImagePlugin import getdata

from landscape.store.whole_file import whole_file

MOST_FPS = {".gif": 50, ".mp4": 120}  # browsers show faster GIFs at ten pictures a second
DROPPED = 2  # bits of a colour's parts that don't decide its number in the palette
CLEAR = 255  # the palette's number for what stays as it was
CONSTANT_RATE_FACTOR = 18  # x264's: nearly as it was drawn
Pictures = Iterable[np.ndarray]


def write_film(
    path: Path,
    pictures: Pictures,
    size: tuple[int, int],
    *,
    fps: int,
    rest_s: float = 0.0,
    palette: np.ndarray | None = None,
) -> None:
    """Write a film as its file's ending says, so that at every moment `path` is either the old file or the new one, whole.

    Args:
        pictures: In their order, (height, width, 3) bytes; read one by one, and none is kept.
        size: Width and height, both even.
        rest_s: How long the last picture stays, beyond its own time.
        palette: For a GIF; see `palette_of`.

    Raises:
        ValueError: The ending is neither .gif nor .mp4, or the pictures a second are out of its range.
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    require_form(path, fps)
    with whole_file(path) as part:
        if path.suffix.lower() == ".gif":
            _write_gif(part, pictures, size, fps, rest_s, palette)
        else:
            _write_mp4(part, pictures, size, fps, rest_s)


def require_form(path: Path, fps: int) -> None:
    """Check ending and pictures a second.

    Raises:
        ValueError: One is out of range.
    """
    most = MOST_FPS.get(path.suffix.lower())
    if most is None:
        raise ValueError(f"--out must be a .gif or .mp4 file, not {path}")
    if not 1 <= fps <= most:
        raise ValueError(f"--fps must lie between 1 and {most} for {path.suffix.lower()}, not {fps}")


def palette_of(samples: Iterable[np.ndarray], exact: np.ndarray) -> np.ndarray:
    """Return (CLEAR, 3) bytes of colours that serve all pictures of a film, so that nothing flickers.

    Args:
        samples: Some of its pictures.
        exact: (n, 3) colours that are among them.
    """
    stacked = Image.fromarray(np.concatenate(list(samples)))
    room = CLEAR - len(exact)
    assert room > 0, "a film keeps fewer colours than a palette has"
    found = stacked.quantize(room, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette()
    others = np.array(found, np.uint8).reshape(-1, 3)[:room]
    both = np.concatenate([exact, others])
    return np.concatenate([both, np.zeros((CLEAR - len(both), 3), np.uint8)])


def _write_gif(
    part: Path, pictures: Pictures, size: tuple[int, int], fps: int, rest_s: float, palette: np.ndarray
) -> None:
    """Write each picture as what differs from the one before; none is dropped, though it be the same."""
    numbers = _numbers_of(palette)
    before, number, held = None, 0, None
    with open(part, "wb") as file:
        file.write(_gif_head(size, palette))
        for picture in pictures:
            if held is not None:
                file.write(_gif_picture(*held, _hundredths(number, fps)))
                number += 1
            now = numbers[tuple((picture >> DROPPED).transpose(2, 0, 1))]
            held, before = (now, before), now
        file.write(_gif_picture(*held, _hundredths(number, fps) + round(100 * rest_s)))
        file.write(b";")


def _numbers_of(palette: np.ndarray) -> np.ndarray:
    """Return the nearest colour's number by red, green and blue, less their last bits; the first of two in one cell wins."""
    num = 256 >> DROPPED
    middles = (np.arange(num, dtype=np.float32) + 0.5) * 2**DROPPED - 0.5
    numbers = np.zeros((num, num, num), np.uint8)
    nearest = np.full((num, num, num), np.inf, np.float32)
    for number, colour in enumerate(palette):
        red, green, blue = ((middles - part) ** 2 for part in colour.astype(np.float32))
        far = red[:, None, None] + green[:, None] + blue
        is_nearer = far < nearest
        numbers[is_nearer], nearest[is_nearer] = number, far[is_nearer]
    for number in range(len(palette))[::-1]:
        numbers[tuple(palette[number] >> DROPPED)] = number
    return numbers


def _gif_head(size: tuple[int, int], palette: np.ndarray) -> bytes:
    """Return what stands before the pictures: size, 256 colours, and the wish to be played again and again."""
    screen = b"GIF89a" + struct.pack("<HHBBB", *size, 0xF7, 0, 0)
    return screen + palette.tobytes() + bytes(3) + b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", 0) + b"\0"


def _gif_picture(now: np.ndarray, before: np.ndarray | None, hundredths: int) -> bytes:
    """Return one picture: the smallest box that holds what differs, clear where nothing does."""
    changed = np.ones_like(now, bool) if before is None else now != before
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) if len(rows) else (0, 1, 0, 1)
    shown = np.where(changed, now, CLEAR)[top:bottom, left:right].astype(np.uint8)
    image = Image.frombytes("P", shown.shape[::-1], shown.tobytes())
    place = {"offset": (int(left), int(top))}
    return b"".join(getdata(image, **place, duration=10 * hundredths, transparency=CLEAR, disposal=1))


def _hundredths(number: int, fps: int) -> int:
    """Return how long a picture stays, so that the sum never drifts from the wish by more than half a hundredth."""
    return round(100 * (number + 1) / fps) - round(100 * number / fps)


def _write_mp4(part: Path, pictures: Pictures, size: tuple[int, int], fps: int, rest_s: float) -> None:
    from imageio_ffmpeg import write_frames

    options = {"codec": "libx264", "pix_fmt_out": "yuv420p", "quality": None, "macro_block_size": 2}
    options["ffmpeg_log_level"] = "error"
    output = ["-crf", str(CONSTANT_RATE_FACTOR), "-movflags", "+faststart", "-f", "mp4"]
    with closing(write_frames(str(part), size, fps=fps, output_params=output, **options)) as writer:
        writer.send(None)
        for picture in pictures:
            writer.send(np.ascontiguousarray(picture))
        for _ in range(round(rest_s * fps)):
            writer.send(np.ascontiguousarray(picture))
    _require_index(part)


def _require_index(part: Path) -> None:
    """Refuse an MP4 without the index at its head, which ffmpeg writes last: nobody else tells that ffmpeg failed at the end."""
    with open(part, "rb") as file:
        length = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))[0]
        file.seek(length)
        if file.read(8)[4:] != b"moov":
            raise OSError("ffmpeg ended before the film was whole; is there room on the disk")
