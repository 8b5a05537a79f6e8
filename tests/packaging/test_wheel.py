"""What the wheel has in it, and whose licences are told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from scripts import make_licences

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "src/stalkeer/faces/web/static/vendor"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert built.returncode == 0, built.stderr
    with ZipFile(next(folder.glob("*.whl"))) as opened:
        yield opened


def test_the_wheel_has_our_licence_and_those_of_others(wheel):
    names = set(wheel.namelist())

    assert {name.rpartition("/")[2] for name in names if "dist-info/licenses/" in name} == {"LICENSE", "THIRD_PARTY.md"}
    assert "stalkeer/faces/web/static/vendor/LICENSES.txt" in names


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel):
    source = ROOT / "src"
    suffixes = {".pyc"}
    wanted = {
        str(path.relative_to(source)) for path in source.rglob("*") if path.is_file() and path.suffix not in suffixes
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name and "/manual/" not in name}

    assert packed == wanted


def test_the_list_of_licences_is_not_behind_the_lock_file():
    assert make_licences.TARGET.read_text(encoding="utf-8") == make_licences.wanted(), (
        "run: python scripts/make_licences.py"
    )


def test_the_image_has_the_versions_that_the_tests_ran_with():
    shipped, tested = (
        set(re.findall(r"(?m)^[a-z0-9-]+==\S+", (ROOT / name).read_text(encoding="utf-8")))
        for name in ("packaging/requirements.lock", "requirements-dev.lock")
    )

    assert shipped - tested == set(), "run: make lock"


@pytest.mark.parametrize("expression", ["GPL-3.0-or-later", "MIT AND GPL-2.0-only", "Proprietary", ""])
def test_a_licence_that_nobody_has_read_is_refused(expression):
    with pytest.raises(SystemExit, match=f"sample: its licence '{expression}' is not among the accepted"):
        make_licences.check("sample", expression)


def test_the_licence_text_of_every_vendored_package_is_shipped():
    texts = (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")
    rows = json.loads((VENDOR / "VENDOR.json").read_text(encoding="utf-8"))
    shipped = [row for row in rows if any(file["path"].startswith("src/") for file in row["files"])]

    assert shipped
    assert [
        row["package"] for row in shipped if f"{row['package']} {row['version']} ({row['licence']})" not in texts
    ] == []
    assert len(re.findall(r"(?i)permission .{0,40}is hereby granted|permission to use", texts)) >= len(shipped)
