"""Write addresses of movies whose account does not list their file extension."""

from __future__ import annotations

UNKNOWN = ".{extension}"


def has_unknown_extension(template: str) -> bool:
    return template.endswith(UNKNOWN)


def with_extension(template: str, extension: str) -> str:
    """Fill in the extension; without one the address ends with the bare id.

    >>> with_extension("{base}/movie/{username}/{password}/7.{extension}", "mkv")
    '{base}/movie/{username}/{password}/7.mkv'
    """
    return template.removesuffix(UNKNOWN) + (f".{extension}" if extension else "")


def keep_extension(old: str, new: str) -> str:
    """Return the new template, with the extension that was found for the old one where the list still has none."""
    stem = new.removesuffix(UNKNOWN)
    is_found = stem != new and (old == stem or (old.startswith(f"{stem}.") and not has_unknown_extension(old)))
    return old if is_found else new
