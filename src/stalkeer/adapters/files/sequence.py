"""Read the picture size from a raw video stream: MPEG-2 sequence headers, H.264 and HEVC parameter sets.

ISO/IEC 13818-2 6.2.2.1, ITU-T H.264 7.3.2.1.1, ITU-T H.265 7.3.2.2.
"""

from __future__ import annotations

import re

from stalkeer.adapters.files.facts import Picture

MPEG2_TYPES, H264_TYPE, HEVC_TYPE = frozenset({0x01, 0x02}), 0x1B, 0x24
MPEG2_SEQUENCE, H264_SPS, HEVC_SPS = 0xB3, 7, 33
MOST = 1024  # bytes of a parameter set that can matter
HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_UNIT = re.compile(b"\x00\x00\x01")
_ESCAPED = re.compile(b"\x00\x00\x03")


def find_in_stream(kind: int, stream: bytes) -> Picture | None:
    """Return the picture size of a stream. `kind` is its stream type; None when the size is absent or cut off."""
    for unit in _UNIT.finditer(stream):
        body = stream[unit.end() : unit.end() + MOST]
        if len(body) < 8:
            return None
        try:
            found = _read_unit(kind, body)
        except IndexError:
            return None
        if found is not None:
            return found
    return None


def _read_unit(kind: int, body: bytes) -> Picture | None:
    if kind in MPEG2_TYPES and body[0] == MPEG2_SEQUENCE:
        return Picture(body[1] << 4 | body[2] >> 4, (body[2] & 0x0F) << 8 | body[3])
    if kind == H264_TYPE and body[0] & 0x1F == H264_SPS:
        return _h264(Bits(body[1:]))
    if kind == HEVC_TYPE and body[0] >> 1 & 0x3F == HEVC_SPS:
        return _hevc(Bits(body[2:]))
    return None


class Bits:
    """Read a parameter set bit by bit. Raises IndexError at its end."""

    def __init__(self, body: bytes) -> None:
        self._body = _ESCAPED.sub(b"\x00\x00", body)
        self._at = 0

    def flag(self) -> int:
        byte = self._body[self._at >> 3]
        bit = byte >> (7 - (self._at & 7)) & 1
        self._at += 1
        return bit

    def number(self, width: int) -> int:
        value = 0
        for _ in range(width):
            value = value << 1 | self.flag()
        return value

    def unsigned(self) -> int:
        """Read ue(v), an Exp-Golomb code."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 31:
                raise IndexError("no Exp-Golomb code")
        return (1 << zeros) - 1 + self.number(zeros)

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _h264(bits: Bits) -> Picture:
    profile = bits.number(8)
    bits.number(16)  # constraints, level
    bits.unsigned()
    chroma = 1
    if profile in HIGH_PROFILES:
        chroma = _skip_high_profile(bits)
    bits.unsigned()  # log2_max_frame_num
    _skip_order_count(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.flag()
    width, map_units = (bits.unsigned() + 1) * 16, bits.unsigned() + 1
    is_frames = bits.flag()
    if not is_frames:
        bits.flag()
    bits.flag()  # direct_8x8_inference
    height = map_units * 16 * (2 - is_frames)
    unit_x, unit_y = (1 if chroma in (0, 3) else 2), (2 if chroma == 1 else 1) * (2 - is_frames)
    return _cropped(bits, Picture(width, height), unit_x, unit_y)


def _skip_high_profile(bits: Bits) -> int:
    """Skip everything up to and including the scaling lists. Return chroma_format_idc."""
    chroma = bits.unsigned()
    if chroma == 3:
        bits.flag()
    bits.unsigned()
    bits.unsigned()
    bits.flag()
    if bits.flag():
        for number in range(12 if chroma == 3 else 8):
            if bits.flag():
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return chroma


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order_count(bits: Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.flag()
        bits.signed()
        bits.signed()
        for _ in range(bits.unsigned()):
            bits.signed()


def _hevc(bits: Bits) -> Picture:
    bits.number(4)
    layers = bits.number(3)
    bits.flag()
    bits.number(96)  # profile, tier, constraints, level
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.number(2 * (8 - layers))
    for has_profile, has_level in present:
        bits.number(88 * has_profile + 8 * has_level)
    bits.unsigned()
    chroma = bits.unsigned()
    if chroma == 3:
        bits.flag()
    picture = Picture(bits.unsigned(), bits.unsigned())
    return _cropped(bits, picture, 2 if chroma in (1, 2) else 1, 2 if chroma == 1 else 1)


def _cropped(bits: Bits, picture: Picture, unit_x: int, unit_y: int) -> Picture:
    """Apply the cropping: blocks cover more than is shown, so 1080 lines are coded as 1088."""
    if not bits.flag():
        return picture
    left, right, top, bottom = (bits.unsigned() for _ in range(4))
    return Picture(picture.width - (left + right) * unit_x, picture.height - (top + bottom) * unit_y)
