"""Define the hook scripts. They are read from config.yml, the environment and flags only, never from the database."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from stalkeer.model import HookName
from stalkeer.settings.types import Duration, Section


def read_command(value: object) -> object:
    """Read a program's path, or a list of path and arguments, which the environment gives as JSON."""
    if not isinstance(value, str):
        return value
    if not value.startswith("["):
        return (value,) if value else ()
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('is no list; accepted: ["/scripts/check.sh", "--strict"]') from None


def check_command(value: tuple[str, ...]) -> tuple[str, ...]:
    if value and not value[0].startswith("/"):
        raise ValueError(
            "names no program; accepted: an absolute path, as /scripts/check.sh, or a list that begins with such a path"
        )
    if any("\0" in part for part in value):
        raise ValueError("contains a NUL character")
    return value


# The form "command" is shown as "set" only: a command line may hold a secret.
Command = Annotated[
    tuple[str, ...],
    BeforeValidator(read_command),
    AfterValidator(check_command),
    Field(json_schema_extra={"form": "command"}),
]


class HookSettings(Section):
    """Name the scripts that Stalkeer runs for each download; see docs/hooks.md."""

    before_import: Command = Field(
        (),
        title="Before the import",
        description="Script to run before a file is imported: an absolute path, or a list of path and arguments. An "
        "exit code other than 0 blocks the import. Read from config.yml, the environment and flags only.",
        examples=["/scripts/check.sh"],
    )
    after_import: Command = Field(
        (),
        title="After the import",
        description="Script to run after a download was completed.",
        examples=["/scripts/imported.sh"],
    )
    on_failure: Command = Field(
        (),
        title="After a failure",
        description="Script to run after a download failed for good.",
        examples=["/scripts/failed.sh"],
    )
    timeout: Duration = Field(
        600.0,
        ge=0.1,
        le=86400.0,
        title="Time limit",
        description="Time after which a script is killed, with the processes that it started.",
    )

    def command(self, hook: HookName) -> tuple[str, ...]:
        """Return the command line of a hook; empty where it is not set."""
        return {
            HookName.BEFORE_IMPORT: self.before_import,
            HookName.AFTER_IMPORT: self.after_import,
            HookName.ON_FAILURE: self.on_failure,
        }[hook]

    @property
    def names(self) -> frozenset[HookName]:
        """Return the hooks that are set."""
        return frozenset(hook for hook in HookName if self.command(hook))
