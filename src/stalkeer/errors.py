"""Define every error that Stalkeer raises on purpose.

    StalkeerError                   shown to the user unchanged: the attempt, its object, and the remedy
    |-- ConfigurationError          a setting that cannot be used (exit code 5)
    |-- NotFound                    a named thing that does not exist
    |-- Conflict                    a request that does not fit the present state
    |-- InvalidInput                a value from a user or a request that cannot be used
    |-- StoreError                  the database failed
    |   `-- StoreUnavailable        ... for now
    |-- SourceError                 a playlist or account
    |   |-- SourceUnreachable       no answer, or not now (exit code 4)
    |   |-- SourceRefused           the account is expired, banned, or the login wrong
    |   |-- NotAPlaylist            an answer that is not a playlist; the catalogue is unchanged
    |   `-- GuardTripped            a refresh that would lose too many entries
    |-- ArrError                    Radarr or Sonarr
    |   |-- ArrUnreachable          no answer, or not now (exit code 4)
    |   |   `-- ArrFaulted          500: it failed on this request
    |   |-- ArrUnauthorised         the API key is wrong
    |   |-- ArrWrongProgram         the address belongs to the other program, or to none
    |   |-- ArrTooOld               a version without the API we use
    |   `-- ArrRefused              it refused a request
    |       `-- ArrNotFound         404: its version lacks the request, or the object does not exist
    |-- TmdbError                   The Movie Database: the key is wrong, or the answer unknown
    |   `-- TmdbUnreachable         no answer, or not now (exit code 4)
    |-- NotifyError                 a target of notifications did not take a message
    |   `-- NotifyRefused           ... and will never take this one
    |-- PlacementError              a file that cannot be placed now: the disk is full or missing
    |   `-- PlacementRefused        ... until the user changes something
    `-- SecretError                 the key that protects stored credentials is missing or wrong

A message never carries a secret: mask with `secrets.mask_url` before formatting.
"""

from __future__ import annotations

from collections.abc import Mapping


class StalkeerError(Exception):
    """Define the base of all errors that are shown to users.

    `fields` says what is wrong with each named field of a form.
    """

    def __init__(self, *args: object, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(*args)
        self.fields: Mapping[str, str] = fields or {}


class ConfigurationError(StalkeerError):
    pass


class NotFound(StalkeerError):
    pass


class Conflict(StalkeerError):
    pass


class InvalidInput(StalkeerError):
    pass


class StoreError(StalkeerError):
    pass


class StoreUnavailable(StoreError):
    pass


class SourceError(StalkeerError):
    pass


class SourceUnreachable(SourceError):
    pass


class SourceFaulty(SourceUnreachable):
    """The server answers with the status of an error of its own."""


class SourceRefused(SourceError):
    pass


class NotAPlaylist(SourceError):
    pass


class GuardTripped(SourceError):
    pass


class ArrError(StalkeerError):
    pass


class ArrUnreachable(ArrError):
    pass


class ArrFaulted(ArrUnreachable):
    pass


class ArrUnauthorised(ArrError):
    pass


class ArrWrongProgram(ArrError):
    pass


class ArrTooOld(ArrError):
    pass


class ArrRefused(ArrError):
    pass


class ArrNotFound(ArrRefused):
    pass


class TmdbError(StalkeerError):
    pass


class TmdbUnreachable(TmdbError):
    pass


class NotifyError(StalkeerError):
    pass


class NotifyRefused(NotifyError):
    pass


class MediaServerError(StalkeerError):
    """Report an answer that Plex, Jellyfin or Emby would not give, or no answer."""


class PlacementError(StalkeerError):
    pass


class PlacementRefused(PlacementError):
    pass


class SecretError(StalkeerError):
    pass
