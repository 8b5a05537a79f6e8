"""Add, change, test and remove instances. Pages, API and command line all use these functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from stalkeer.adapters.arr.client import Address
from stalkeer.adapters.arr.connect import connect
from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.core.matching.wanted_languages import of_old_settings, read_wanted_languages
from stalkeer.core.naming.languages import language_code
from stalkeer.errors import (
    ArrError,
    ArrTooOld,
    ArrUnauthorised,
    ArrUnreachable,
    ArrWrongProgram,
    ConfigurationError,
    Conflict,
    InvalidInput,
    StalkeerError,
)
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.sources.describe import KEEP, Keep, Unnamed, removal_words
from stalkeer.model import Drive, InstanceKind, SkipOwned
from stalkeer.secrets import login_in, mask_url, with_login, without_userinfo
from stalkeer.settings import Settings
from stalkeer.settings.change import check_list_is_editable
from stalkeer.settings.load import LoadedSettings
from stalkeer.settings.types import SLUG, is_http_url
from stalkeer.store.db.database import Transaction
from stalkeer.store.library import instances as store
from stalkeer.store.library.instances import (
    CONFIG,
    UI,
    FolderPair,
    InstanceChange,
    InstanceOptions,
    InstanceRow,
    NewInstance,
    get_instance,
    list_instances,
    note_failure,
    note_success,
    set_address,
)

TRIAL_TIMEOUT_S = 10.0  # time for an answer while a user waits, unless the instance has its own timeout
LARGEST_PROFILE = 2**31 - 1
T = TypeVar("T")
ResultT = TypeVar("ResultT")


class Trial(Enum):
    """Define the rule whether an instance must answer before its address is saved."""

    REQUIRED = "required"
    WISHED = "wished"  # saved even if it does not answer
    SKIPPED = "skipped"  # saved without a test


@dataclass(frozen=True)
class InstancePatch:
    """Hold new values for some fields. A field that is not named stays as it is."""

    url: str | Keep = KEEP
    api_key: str | Keep = field(default=KEEP, repr=False)
    enabled: bool | Keep = KEEP
    quality_profile_id: int | None | Keep = KEEP
    path_mappings: tuple[FolderPair, ...] | Keep = KEEP
    exclude_tags: tuple[str, ...] | Keep = KEEP
    skip_owned_elsewhere: SkipOwned | Keep = KEEP
    drive: Drive | Keep = KEEP
    languages: tuple[str, ...] | Keep = KEEP

    @property
    def needs_trial(self) -> bool:
        return self.url is not KEEP or self.api_key is not KEEP


@dataclass(frozen=True)
class KeptInstance:
    """Hold an instance as it is saved now.

    `notes` are corrections of its address; `error` says why it did not answer.
    """

    row: InstanceRow
    notes: tuple[str, ...] = ()
    error: StalkeerError | None = None

    @property
    def version(self) -> str:
        return self.row.version or ""


class ConnectionOutcome(StrEnum):
    """Define the outcome of a connection test."""

    CONNECTED = "connected"
    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"
    WRONG_PROGRAM = "wrong program"
    TOO_OLD = "too old"
    MISCONFIGURED = "misconfigured"
    REFUSED = "refused"


OUTCOMES: tuple[tuple[type[StalkeerError], ConnectionOutcome], ...] = (
    (ArrUnreachable, ConnectionOutcome.UNREACHABLE),
    (ArrUnauthorised, ConnectionOutcome.UNAUTHORISED),
    (ArrWrongProgram, ConnectionOutcome.WRONG_PROGRAM),
    (ArrTooOld, ConnectionOutcome.TOO_OLD),
    (ConfigurationError, ConnectionOutcome.MISCONFIGURED),
)


@dataclass(frozen=True)
class ConnectionTest:
    """Hold the result of a connection test; `error` explains a failure."""

    row: InstanceRow
    outcome: ConnectionOutcome
    version: str | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None

    @property
    def is_good(self) -> bool:
        return self.outcome is ConnectionOutcome.CONNECTED


@dataclass(frozen=True)
class _TrialResult:
    """Hold the address to save after a trial, and the version when the right program answered."""

    url: str
    version: str | None = None
    notes: tuple[str, ...] = ()
    error: StalkeerError | None = None


def add_instance(arrs: Arrs, new: NewInstance, trial: Trial = Trial.REQUIRED) -> KeptInstance:
    """Test an instance and save it. The first instance of its program becomes the default.

    Raises InvalidInput for an unusable field, ArrError when a required test fails, and Conflict when the name is taken.
    """
    check_instance(new)
    attempt = _attempt(_trial_address(arrs.address_of(new), new.options), trial)
    with arrs.database.begin() as connection:
        is_first = not list_instances(connection, kind=new.kind)
        address = with_login(attempt.url, login_in(_with_scheme(new.url)))
        kept = replace(new, url=address, is_default=new.is_default or is_first)
        store.add_instance(connection, kept, arrs.secrets, arrs.clock())
        row = _note(arrs, connection, new.slug, attempt)
    return _outcome(arrs, row, attempt)


def change_instance(
    arrs: Arrs,
    slug: str,
    patch: InstancePatch,
    trial: Trial = Trial.REQUIRED,
    take_over: LoadedSettings | None = None,
) -> KeptInstance:
    """Change an instance that was added here. A new address or key is tested before it is saved.

    `take_over`: take an instance of config.yml over with the change, once its test passed.
    Raises NotFound, Conflict when the instance comes from the configuration, InvalidInput for an unusable field, and
    ArrError when a required test fails.
    """
    row = _editable(arrs, slug) if take_over is None else _takeable(arrs, slug, take_over)
    check_patch(patch)
    attempt, options = _TrialResult(row.url), _patched_options(row, patch)
    if patch.needs_trial:
        patched = patched_address(arrs, row, patch, trial)
        attempt = _attempt(_trial_address(patched, options), trial)
        attempt = replace(attempt, url=with_login(attempt.url, patched.login))
    change = InstanceChange(
        url=attempt.url if patch.needs_trial else None,
        api_key=_or_none(patch.api_key),
        enabled=_or_none(patch.enabled),
        options=options,
    )
    with arrs.database.begin() as connection:
        if take_over is not None:
            store.take_over(connection, slug)
        store.change_instance(connection, slug, change, arrs.secrets)
        changed = _note(arrs, connection, slug, attempt)
    return _outcome(arrs, changed, attempt)


def add_path_mapping(arrs: Arrs, slug: str, pair: FolderPair) -> InstanceRow:
    """Add a path mapping to an instance. It replaces a mapping of the same local folder.

    Raises NotFound, InvalidInput for an empty folder, and Conflict when the instance comes from the configuration.
    """
    present = _editable(arrs, slug).options.path_mappings
    others = tuple(known for known in present if known.local.rstrip("/") != pair.local.rstrip("/"))
    return change_instance(arrs, slug, InstancePatch(path_mappings=(*others, pair))).row


def set_languages(arrs: Arrs, slug: str, languages: tuple[str, ...]) -> InstanceRow:
    """Set the wanted languages of an instance, also of one from config.yml that names none. Raises InvalidInput."""
    check_patch(InstancePatch(languages=languages))
    with arrs.database.begin() as connection:
        store.set_languages(connection, get_instance(connection, slug), languages)
        return get_instance(connection, slug)


def move_languages(arrs: Arrs, settings: Settings, old: Mapping[str, object]) -> frozenset[str]:
    """Copy the outdated languages setting for all instances to each instance without its own languages.

    `old` are its stored rows. Return the rows to delete. Nothing is moved without an instance.
    """
    moved = frozenset(old) & {"matching.languages", "downloads.audio_languages"}
    required = tuple(language_code(word) for word in settings.downloads.audio_languages)
    languages = of_old_settings(settings.matching.languages, required)
    if not moved:
        return moved
    with arrs.database.begin() as connection:
        rows = list_instances(connection)
        for row in rows:
            if not row.options.languages:
                store.set_languages(connection, row, languages)
    return moved if rows else frozenset()


def take_over_instance(arrs: Arrs, slug: str, loaded: LoadedSettings) -> InstanceRow:
    """Let an instance of config.yml be edited here. The file is not changed, and counts again once it is removed here.

    Raises NotFound, and Conflict where the environment describes it, which has precedence over the pages.
    """
    with arrs.database.begin() as connection:
        _check_may_take_over(get_instance(connection, slug), loaded)
        return store.take_over(connection, slug)


def remove_instance(arrs: Arrs, slug: str, settings: Settings) -> str:
    """Remove an instance that was added here. Its history stays. One that was taken over is again as in config.yml.

    Return the result in words.

    Raises NotFound, and Conflict when the instance comes from the configuration.
    """
    now = arrs.clock()
    with arrs.database.begin() as connection:
        was_taken_over = get_instance(connection, slug).options.taken_over
        store.remove_instance(connection, slug, now)
        if was_taken_over:
            store.sync_config_instances(connection, store.configured_instances(settings), arrs.secrets, now)
        return removal_words(slug, {row.slug for row in list_instances(connection)})


def try_instance(arrs: Arrs, slug: str) -> ConnectionTest:
    """Test the connection to an instance now, even if it was down, and record the result. Raises NotFound."""
    with arrs.database.connect() as connection:
        row = get_instance(connection, slug)
    return _test(arrs, row)


def try_instances(arrs: Arrs, slug: str | None = None) -> list[ConnectionTest]:
    """Test the connection to this instance, or to all. A failure stops no other test."""
    return [_test(arrs, row) for row in chosen_instances(arrs, slug)]


def each_instance(
    arrs: Arrs, slug: str | None, verb: Callable[[str], ResultT]
) -> list[tuple[InstanceRow, ResultT | StalkeerError]]:
    """Apply a function to this instance, or to all. A failure stops no other instance."""
    results: list[tuple[InstanceRow, ResultT | StalkeerError]] = []
    for row in chosen_instances(arrs, slug):
        try:
            results.append((row, verb(row.slug)))
        except StalkeerError as error:
            results.append((row, error))
    return results


def chosen_instances(arrs: Arrs, slug: str | None) -> tuple[InstanceRow, ...]:
    """Return the instance with this name, or all instances without a name. Raises NotFound."""
    with arrs.database.connect() as connection:
        return (get_instance(connection, slug),) if slug else list_instances(connection)


def find_default(connection: Transaction, kind: InstanceKind) -> InstanceRow | None:
    """Return a program's default instance, otherwise its first; None without instances."""
    return next(iter(list_instances(connection, kind=kind)), None)


def check_instance(new: NewInstance) -> None:
    """Raise InvalidInput for an unusable field of a new instance."""
    if not SLUG.fullmatch(new.slug.removeprefix(f"{new.kind.value}-")):
        raise _wrong("name", "The name may have lower-case letters, digits, - and _, at most 64 of them.")
    options = new.options
    check_patch(
        InstancePatch(
            new.url,
            new.api_key,
            quality_profile_id=options.quality_profile_id,
            path_mappings=options.path_mappings,
            languages=options.languages,
        )
    )


def check_patch(patch: InstancePatch) -> None:
    """Raise InvalidInput for an unusable named field."""
    if not isinstance(patch.url, Unnamed):
        _check_url(patch.url)
    if not isinstance(patch.api_key, Unnamed):
        _check_key(patch.api_key)
    profile = _or_none(patch.quality_profile_id)
    if profile is not None and not 1 <= profile <= LARGEST_PROFILE:
        words = f"The quality profile {profile} is not valid; give a number from 1 to {LARGEST_PROFILE}."
        raise _wrong("quality_profile_id", words)
    try:
        read_wanted_languages(_or_none(patch.languages) or ())
    except ValueError as error:
        raise _wrong("languages", f"Languages: {error}") from error
    for pair in _or_none(patch.path_mappings) or ():
        if not (pair.local and pair.remote):
            words = "A path mapping needs both paths: the local path, and the remote path in the instance."
            raise _wrong("mappings", words)


def patched_address(arrs: Arrs, row: InstanceRow, patch: InstancePatch, trial: Trial = Trial.REQUIRED) -> Address:
    """Return the address after a patch. Read the stored key only when needed, because it may be unreadable."""
    if not isinstance(patch.api_key, Unnamed):
        api_key = patch.api_key
    elif trial is Trial.SKIPPED:
        api_key = ""
    else:
        api_key = arrs.address(row).api_key
    url = _patched_url(arrs, row, patch)
    return arrs.address_of(NewInstance(row.slug, row.kind, url, api_key, _patched_options(row, patch)))


def _patched_url(arrs: Arrs, row: InstanceRow, patch: InstancePatch) -> str:
    """Return the address with its login. An address of the same host without a login keeps the present one."""
    known = with_login(row.url, arrs.secrets.decrypt_or_none(row.login) if row.login else None)
    if isinstance(patch.url, Unnamed):
        return known
    given = _with_scheme(patch.url)
    is_same_host = urlsplit(without_userinfo(given)).netloc == urlsplit(row.url).netloc
    return with_login(given, login_in(known)) if login_in(given) is None and is_same_host else given


def _editable(arrs: Arrs, slug: str) -> InstanceRow:
    with arrs.database.connect() as connection:
        row = get_instance(connection, slug)
    if row.origin == CONFIG:
        raise Conflict(f"{row.label} comes from config.yml: change it there, or take it over to edit it here.")
    return row


def _takeable(arrs: Arrs, slug: str, loaded: LoadedSettings) -> InstanceRow:
    """Return the row as it is once it is taken over. Nothing is written."""
    with arrs.database.connect() as connection:
        row = get_instance(connection, slug)
    _check_may_take_over(row, loaded)
    return row if row.origin != CONFIG else replace(row, options=replace(row.options, taken_over=True))


def _check_may_take_over(row: InstanceRow, loaded: LoadedSettings) -> None:
    if row.origin == CONFIG:
        check_list_is_editable(row.kind.value, loaded)


def _check_url(url: str) -> None:
    if not url.strip():
        raise _wrong("url", "The address is missing; an example is http://radarr:7878.")
    if not is_http_url(_with_scheme(url)):
        raise _wrong("url", f"{mask_url(url)!r} is not a web address; an example is http://radarr:7878.")


def _wrong(field: str, words: str) -> InvalidInput:
    """Return the error of one field of a form."""
    return InvalidInput(words, fields={field: words})


def _check_key(api_key: str) -> None:
    if not api_key:
        raise _wrong("api_key", "The API key is missing; the instance shows it under Settings > General > Security.")
    if not (api_key.isascii() and api_key.isprintable()):
        raise _wrong("api_key", "The API key has invalid characters; copy it from Settings > General > Security.")


def _with_scheme(url: str) -> str:
    text = url.strip()
    return text if "://" in text else f"http://{text}"


def _trial_address(address: Address, options: InstanceOptions) -> Address:
    return replace(address, read_timeout_s=options.timeout_s or TRIAL_TIMEOUT_S)


def _attempt(address: Address, trial: Trial) -> _TrialResult:
    """Test the address with its own gate, because the user may just have repaired the instance."""
    as_typed = _TrialResult(_with_scheme(address.url).rstrip("/"))
    if trial is Trial.SKIPPED:
        return as_typed
    try:
        found = connect(address, RequestGate(address.label))
    except (ArrError, ConfigurationError) as error:
        if trial is Trial.REQUIRED:
            raise
        return replace(as_typed, error=error)
    return _TrialResult(found.url, found.status.version, found.notes)


def _test(arrs: Arrs, row: InstanceRow) -> ConnectionTest:
    try:
        attempt = _attempt(_trial_address(arrs.address(row), row.options), Trial.REQUIRED)
    except (ArrError, ConfigurationError) as error:
        with arrs.database.begin() as connection:
            note_failure(connection, row.id, str(error))
        return ConnectionTest(row, _outcome_of(error), error=str(error))
    with arrs.database.begin() as connection:
        if row.origin == UI and attempt.url != row.url:
            set_address(connection, row.id, attempt.url)
        tested = _note(arrs, connection, row.slug, attempt)
    arrs.reopen(tested)
    return ConnectionTest(tested, ConnectionOutcome.CONNECTED, attempt.version, attempt.notes)


def _outcome_of(error: StalkeerError) -> ConnectionOutcome:
    return next((outcome for kind, outcome in OUTCOMES if isinstance(error, kind)), ConnectionOutcome.REFUSED)


def _note(arrs: Arrs, connection: Transaction, slug: str, attempt: _TrialResult) -> InstanceRow:
    """Record that the instance answered. Return its row."""
    row = get_instance(connection, slug)
    if attempt.version is None:
        return row
    note_success(connection, row.id, arrs.clock(), attempt.version)
    return get_instance(connection, slug)


def _outcome(arrs: Arrs, row: InstanceRow, attempt: _TrialResult) -> KeptInstance:
    if attempt.version is not None:
        arrs.reopen(row)
    return KeptInstance(row, attempt.notes, attempt.error)


def _patched_options(row: InstanceRow, patch: InstancePatch) -> InstanceOptions:
    present = row.options
    return replace(
        present,
        quality_profile_id=_picked(patch.quality_profile_id, present.quality_profile_id),
        path_mappings=_picked(patch.path_mappings, present.path_mappings),
        exclude_tags=_picked(patch.exclude_tags, present.exclude_tags),
        skip_owned_elsewhere=_picked(patch.skip_owned_elsewhere, present.skip_owned_elsewhere),
        drive=_picked(patch.drive, present.drive),
        languages=_picked(patch.languages, present.languages),
    )


def _picked(named: T | Keep, present: T) -> T:
    return present if isinstance(named, Unnamed) else named


def _or_none(named: T | Keep) -> T | None:
    return None if isinstance(named, Unnamed) else named
