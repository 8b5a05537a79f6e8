"""Every error that Stalkeer raises on purpose.

    StalkeerError                   shown to the user as it is: what was tried, on what, what to do
    |-- ConfigurationError          a setting that cannot be used (exit code 5)
    |-- NotFound                    a named thing that does not exist
    |-- Conflict                    what was asked does not fit the present state
    |-- InvalidInput                a value from a user or a request that cannot be used
    |-- StoreError                  the database could not do it
    |   `-- StoreUnavailable        ... now; later it may
    |-- SourceError                 a playlist or account
    |   |-- SourceUnreachable       no answer, or not now (exit code 4)
    |   |-- SourceRefused           the account is expired, banned, or the login wrong
    |   |-- NotAPlaylist            an answer that is no playlist; the catalogue stays as it was
    |   `-- GuardTripped            a playlist that lost too much to be believed
    |-- ArrError                    Radarr or Sonarr
    |   |-- ArrUnreachable          no answer, or not now (exit code 4)
    |   |-- ArrUnauthorised         the API key is wrong
    |   |-- ArrWrongProgram         the address belongs to the other program, or to none
    |   |-- ArrTooOld               a version without the API we use
    |   `-- ArrRefused              it answered, and said no
    |       `-- ArrNotFound         it knows no such request: 404, as versions before that request answer
    |-- TmdbError                   The Movie Database: the key is wrong, or the answer unknown
    |   `-- TmdbUnreachable         no answer, or not now (exit code 4)
    |-- TransferError               a download's bytes; see `transfers/` for the reasons it carries
    |-- PlacementError              a file that could not be put where it belongs now: the disk is full or away
    |   `-- PlacementRefused        ... and never will be, until somebody changes something
    `-- SecretError                 the key that protects stored credentials is missing or wrong

A message never carries a secret: mask with `secrets.mask_url` before formatting.
"""

from __future__ import annotations


class StalkeerError(Exception):
    """Base of all errors meant for a user's eyes."""


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


class TransferError(StalkeerError):
    pass


class PlacementError(StalkeerError):
    pass


class PlacementRefused(PlacementError):
    pass


class SecretError(StalkeerError):
    pass
