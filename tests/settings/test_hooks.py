"""Scripts are named in the configuration of a process only, and never shown."""

import json

import pytest

from stalkeer.errors import ConfigurationError, InvalidInput
from stalkeer.model import HookName
from stalkeer.settings import load_settings
from stalkeer.settings.change import check_changes
from stalkeer.settings.keys import flatten
from stalkeer.settings.load import load_shared
from stalkeer.settings.public_copy import public_copy
from stalkeer.settings.shared import shared_document

COMMAND = "/scripts/check.sh"


def loaded(tmp_path, text="", environ=(), stored=None):
    config = tmp_path / "config.yml"
    config.write_text(f"data_dir: {tmp_path}\n{text}", encoding="utf-8")
    return load_settings(config, dict(environ), {}, stored)


@pytest.mark.parametrize(
    ("text", "environ", "command"),
    [
        (f"hooks: {{before_import: {COMMAND}}}", {}, (COMMAND,)),
        (f"hooks: {{before_import: [{COMMAND}, --level, '3']}}", {}, (COMMAND, "--level", "3")),
        (
            "",
            {"STALKEER__HOOKS__BEFORE_IMPORT": "/scripts/a script, with signs.sh"},
            ("/scripts/a script, with signs.sh",),
        ),
        ("", {"STALKEER__HOOKS__BEFORE_IMPORT": f'["{COMMAND}", "a b"]'}, (COMMAND, "a b")),
    ],
    ids=["path", "list", "path in the environment", "list in the environment"],
)
def test_a_script_is_a_path_or_a_list(tmp_path, text, environ, command):
    hooks = loaded(tmp_path, text, environ).settings.hooks

    assert hooks.command(HookName.BEFORE_IMPORT) == command
    assert hooks.names == {HookName.BEFORE_IMPORT}


@pytest.mark.parametrize("value", ["check.sh", "sh -c evil", "[1, 2", "{a: b}", "['/a', 3]"])
def test_anything_else_is_refused_without_showing_it(tmp_path, value):
    with pytest.raises(ConfigurationError, match=r"hooks\.before_import"):
        loaded(
            tmp_path,
            f"hooks:\n  before_import: {value}\n" if value != "[1, 2" else "",
            {} if value != "[1, 2" else {"STALKEER__HOOKS__BEFORE_IMPORT": value},
        )


@pytest.mark.parametrize(
    "stored", [{"hooks.before_import": COMMAND}, {"hooks.on_failure": [COMMAND]}, {"hooks": {"timeout": 1}}]
)
def test_a_row_of_the_database_names_no_script(tmp_path, stored):
    assert loaded(tmp_path, stored=stored).settings.hooks == loaded(tmp_path).settings.hooks


def test_published_settings_hold_no_script_and_bring_none(tmp_path):
    own = loaded(tmp_path, f"hooks: {{after_import: {COMMAND}}}")
    document = shared_document(own)
    forged = json.loads(json.dumps(document))
    forged["values"]["hooks"] = {"after_import": ["/tmp/evil"]}

    followed = load_shared(own.config, {}, {}, forged)

    assert COMMAND not in json.dumps(document)
    assert followed.settings.hooks.after_import == (COMMAND,)


def test_neither_a_request_nor_a_page_can_change_it(tmp_path):
    for name in ("hooks.before_import", "hooks.timeout", "hooks"):
        with pytest.raises(InvalidInput, match=r"config\.yml"):
            check_changes({name: COMMAND}, loaded(tmp_path))


def test_only_that_it_is_set_is_shown(tmp_path):
    own = loaded(tmp_path, f"hooks: {{before_import: [{COMMAND}, --token, sesame-open]}}")

    shown = dict(flatten(own.settings))

    assert (shown["hooks.before_import"], shown["hooks.on_failure"]) == ("set", "")
    assert "sesame" not in (public_copy(own.config) or "")
