"""What browsers are given: vendored files are what they were, nothing is styled or drawn that is not there."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from stalkeer.faces.web import assets, states
from stalkeer.faces.web.app import create_web
from stalkeer.faces.web.menu import MENU
from stalkeer.faces.web.settings_form import SECTIONS
from stalkeer.faces.web.system import TASKS
from tests.faces.web.conftest import build_sample

ROOT = Path(__file__).parents[3]
WEB = ROOT / "src" / "stalkeer" / "faces" / "web"
VENDOR = json.loads((WEB / "static" / "vendor" / "VENDOR.json").read_text())
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
# Names that no rule speaks of: hooks for scripts and tests.
HOOKS = frozenset({"many", "pick", "mono", "is-open", "wizard", "grow", "next-rows", "narrow"})


@pytest.mark.parametrize("file", [file for row in VENDOR for file in row["files"]], ids=lambda file: file["path"])
def test_a_vendored_file_is_the_one_that_was_noted(file: dict[str, str]):
    assert hashlib.sha256((ROOT / file["path"]).read_bytes()).hexdigest() == file["sha256"]


def test_every_vendored_package_has_a_free_licence():
    assert {row["licence"] for row in VENDOR} <= {"0BSD", "MIT", "ISC", "MPL-2.0"}


def test_every_icon_that_is_named_is_in_the_sprite():
    sprite = (WEB / "static" / "vendor" / "icons.svg").read_text()
    known = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    sources = [path.read_text() for path in [*TEMPLATES, *WEB.glob("*.py")]]
    named = {name for text in sources for name in re.findall(r"""(?:icon|empty)\(\s*["']([a-z0-9-]+)["']""", text)}
    named |= {
        look.icon for table in (states.DOWNLOADS, states.RUNS, states.LEVELS, states.MATCHES) for look in table.values()
    }
    named |= {item.icon for item in MENU} | {task.icon for task in TASKS} | {section.icon for section in SECTIONS}

    assert named - known == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB / "templates")))
def test_a_template_has_no_inline_script_or_style(path: Path):
    text = path.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text)


def test_every_class_in_a_template_is_styled():
    sheets = "".join((WEB / "static" / name).read_text() for name in ("app.css", "pictures.css", "vendor/tabler.css"))
    styled = set(re.findall(r"\.([A-Za-z][\w-]*)", sheets))
    used = {
        word
        for path in TEMPLATES
        for value in re.findall(r'class="([^"{]*)"', path.read_text())
        for word in value.split()
    }

    assert used - styled - HOOKS == set()


def test_a_static_file_is_kept_for_a_year_under_the_name_of_its_content(tmp_path: Path):
    app = build_sample(tmp_path / "data")
    client = TestClient(create_web(app))
    path = assets.asset_path("app.css")

    answer = client.get(path, headers={"Accept-Encoding": "gzip"})

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == (WEB / "static" / "app.css").read_text()
    assert client.get("/static/app-000000000000.css").status_code == 404
    app.close()
