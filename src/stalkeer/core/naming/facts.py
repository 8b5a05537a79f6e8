"""Provide the values of the tokens that describe a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stalkeer.core.naming.tokens import TokenForm, Value, Values, plain


@dataclass(frozen=True)
class MediaTraits:
    """Hold media properties as both programs name them. Languages are two-letter codes in the file's order."""

    video_codec: str = ""
    video_bits: int | None = None
    dynamic_range: str = ""  # HDR
    dynamic_range_type: str = ""  # HDR10, DV HDR10
    audio_codec: str = ""
    audio_channels: str = ""  # 5.1
    audio_languages: tuple[str, ...] = ()
    subtitle_languages: tuple[str, ...] = ()
    is_3d: bool = False


@dataclass(frozen=True)
class NamedFile:
    """Describe the file to name. `quality` is the instance's word: `WEBDL-1080p`."""

    quality: str
    version: int = 1
    is_repack: bool = False
    real: int = 0
    release_group: str = ""
    original_title: str = ""  # the release name
    original_filename: str = ""
    custom_formats: tuple[str, ...] = ()
    media: MediaTraits = MediaTraits()


def file_values(file: NamedFile, default_group: str) -> Values:
    """Return the token values that movies and episodes share."""
    proper = ("Repack" if file.is_repack else "Proper") if file.version > 1 else ""
    real = "REAL" if file.real > 0 else ""
    return {
        "qualityfull": plain(" ".join(filter(None, (file.quality, proper, real)))),
        "qualitytitle": plain(file.quality),
        "qualityproper": plain(proper),
        "qualityreal": plain(real),
        "releasegroup": _with_default(file.release_group, default_group),
        "originaltitle": plain(file.original_title or file.original_filename),
        "originalfilename": plain(file.original_filename),
        "customformats": _formats(file.custom_formats),
        "customformat": lambda asked: asked.form if asked.form in file.custom_formats else "",
        **media_values(file.media),
    }


def media_values(media: MediaTraits) -> Values:
    audio = _languages(media.audio_languages, without_lone_english=True)
    subtitles = _languages(media.subtitle_languages, without_lone_english=False)
    channels = media.audio_channels
    return {
        "mediainfovideo": plain(media.video_codec),
        "mediainfovideocodec": plain(media.video_codec),
        "mediainfovideobitdepth": plain(media.video_bits),
        "mediainfovideodynamicrange": plain(media.dynamic_range),
        "mediainfovideodynamicrangetype": plain(media.dynamic_range_type),
        "mediainfoaudio": plain(media.audio_codec),
        "mediainfoaudiocodec": plain(media.audio_codec),
        "mediainfoaudiochannels": plain(channels),
        "mediainfoaudiolanguages": plain(audio),
        "mediainfoaudiolanguagesall": plain(_languages(media.audio_languages, without_lone_english=False)),
        "mediainfosubtitlelanguages": plain(subtitles),
        "mediainfosubtitlelanguagesall": plain(subtitles),
        "mediainfo3d": plain("3D" if media.is_3d else ""),
        "mediainfosimple": plain(_words(media.video_codec, media.audio_codec)),
        "mediainfofull": plain(_words(media.video_codec, media.audio_codec + audio, subtitles)),
    }


def _languages(codes: Sequence[str], *, without_lone_english: bool) -> str:
    """Write `[DE+EN]`. English alone is the norm and may be left out."""
    upper = list(dict.fromkeys(code.upper() for code in codes))
    if not upper or (without_lone_english and upper == ["EN"]):
        return ""
    return f"[{'+'.join(upper)}]"


def _words(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _formats(names: Sequence[str]) -> Value:
    """Return all formats; only the listed formats after a colon; or all but the listed ones after `:-`."""

    def value(asked: TokenForm) -> str:
        if not asked.form:
            return " ".join(names)
        listed = {name.strip() for name in asked.form.removeprefix("-").split(",")}
        wants_listed = not asked.form.startswith("-")
        return " ".join(name for name in names if (name in listed) is wants_listed)

    return value


def _with_default(text: str, default: str) -> Value:
    def value(asked: TokenForm) -> str:
        return text or (default if asked.is_bare else "")

    return value
