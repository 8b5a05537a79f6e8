"""The files that set Stalkeer up on a user's machine, each read by the tool that will read it there."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from stalkeer.settings import load_settings

PACKAGING = Path(__file__).parents[2] / "packaging"
COMPOSE = ("compose.yml", "compose.postgres.yml")
UNIT = PACKAGING / "stalkeer.service"
FOLDERS = [f"STALKEER__DIRECTORIES__{name}" for name in ("MOVIES", "TEMP", "TVSHOWS")]


def needs(tool):
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


@pytest.mark.skipif(importlib.util.find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed")
def test_the_compose_files_keep_to_the_specification():
    checked = run(
        sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", *COMPOSE, cwd=PACKAGING
    )

    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout


@needs("docker-compose")
def test_compose_accepts_the_files_together():
    chosen = [part for name in COMPOSE for part in ("-f", name)]
    checked = run(
        "docker-compose",
        *chosen,
        "config",
        "-q",
        cwd=PACKAGING,
        env={"POSTGRES_PASSWORD": "x", "PATH": "/usr/bin:/bin"},
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def services():
    for name in COMPOSE:
        yield from yaml.safe_load((PACKAGING / name).read_text())["services"].items()


def test_stalkeer_radarr_and_sonarr_see_one_folder_under_one_name_and_run_as_one_user():
    seen = {name: body for name, body in services() if ":/data" in str(body.get("volumes"))}

    assert set(seen) >= {"stalkeer", "radarr", "sonarr", "worker-1", "worker-2"}
    assert {body["volumes"][-1] for body in seen.values()} == {"${MEDIA:-../media}:/data"}
    users = {tuple(body["environment"][key] for key in ("PUID", "PGID", "UMASK", "TZ")) for body in seen.values()}
    assert len(users) == 1


def test_every_setting_in_the_deployment_files_is_one_of_the_program(tmp_path):
    compose = {key: value for _, body in services() for key, value in body.get("environment", {}).items()}
    unraid = {one.get("Target"): one.text for one in ElementTree.parse(PACKAGING / "unraid.xml").iter("Config")}
    unit = dict(re.findall(r"(STALKEER__\w+)=(\S+)", UNIT.read_text()))

    for given in (compose, unraid, unit):
        own = {key: str(value) for key, value in given.items() if key.startswith("STALKEER__")}
        assert own
        load_settings(None, {"HOME": str(tmp_path), **own})  # raises for a name that is none


def test_the_folders_are_the_same_in_compose_and_unraid():
    compose = next(body for name, body in services() if name == "stalkeer")["environment"]
    template = ElementTree.parse(PACKAGING / "unraid.xml")
    unraid = {one.get("Target"): one.text for one in template.iter("Config")}

    assert [compose[name] for name in FOLDERS] == [unraid[name] for name in FOLDERS]


def test_the_unraid_template_has_what_unraid_reads():
    template = ElementTree.parse(PACKAGING / "unraid.xml").getroot()
    configs = list(template.iter("Config"))

    assert template.tag == "Container"
    assert template.get("version") == "2"
    assert all((template.findtext(tag) or "").strip() for tag in ("Name", "Repository", "Network", "WebUI", "Overview"))
    assert {one.get("Type") for one in configs} == {"Port", "Path", "Variable"}
    assert {one.get("Target") for one in configs} >= {"7825", "/config", "/data", "PUID", "PGID", "UMASK"}
    assert [one.get("Name") for one in configs if one.text != one.get("Default")] == []
    assert [one.get("Name") for one in configs if not one.get("Description")] == []


@needs("systemd-analyze")
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path):
    program = tmp_path / "stalkeer"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    installed = tmp_path / "stalkeer.service"
    installed.write_text(UNIT.read_text().replace("/usr/local/bin/stalkeer", str(program)))

    checked = run("systemd-analyze", "verify", str(installed))

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")  # it ends with 0 for unknown keys, too
