"""Configured folders must be there; those below the data folder are made."""

from __future__ import annotations

import pytest

from stalkeer.errors import ConfigurationError
from stalkeer.settings import load_settings
from stalkeer.settings.folders import check_changed_folders, check_folders, folder_problems


def loaded_with(tmp_path, **flags):
    given = {key.replace("__", "."): value for key, value in flags.items()}
    return load_settings(None, {}, {"data_dir": str(tmp_path / "data"), **given})


def test_folders_of_the_default_are_made(tmp_path):
    loaded = loaded_with(tmp_path)

    check_folders(loaded)

    assert loaded.settings.directories.temp.is_dir()


def test_a_configured_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"directories\.movies: .*does not exist; accepted"):
        check_folders(loaded_with(tmp_path, directories__movies=str(tmp_path / "gone")))


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match="is not a folder"):
        check_folders(loaded_with(tmp_path, directories__temp=str(tmp_path / "file")))


def test_a_staging_folder_inside_a_root_folder_is_refused_by_name(tmp_path):
    (tmp_path / "media" / "vod").mkdir(parents=True)
    loaded = loaded_with(tmp_path, directories__movies=str(tmp_path / "media" / "vod"))

    with pytest.raises(ConfigurationError, match=r"directories\.movies.*root folder of radarr"):
        check_folders(loaded, [("radarr", str(tmp_path / "media"))])


def test_a_staging_folder_beside_a_root_folder_is_fine(tmp_path):
    (tmp_path / "vod").mkdir()

    check_folders(loaded_with(tmp_path, directories__movies=str(tmp_path / "vod")), [("radarr", str(tmp_path / "m"))])


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("relative", "is relative; accepted: the absolute path"),
        ("", "is relative"),
        ("../vod", "is relative"),
        ("/proc/1", "is not writable"),
        ("/nowhere/at/all", "does not exist"),
        ("/etc/hostname", "is not a folder"),
        ("/etc/hostname/below", "does not exist"),
        ("/" + "x" * 300, "cannot be reached: File name too long"),
        ("/nul\x00", "cannot be reached"),
    ],
)
@pytest.mark.parametrize("name", ["movies", "tvshows", "temp"])
def test_a_folder_that_cannot_be_used_is_named_with_the_reason(tmp_path, monkeypatch, name, folder, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relative").mkdir()  # where the program happens to run is no reason to take it
    loaded = loaded_with(tmp_path, **{f"directories__{name}": folder})

    with pytest.raises(ConfigurationError, match=rf"^directories\.{name}: .*{reason}"):
        check_folders(loaded)
    with pytest.raises(ConfigurationError, match=rf"^directories\.{name}: .*{reason}"):
        check_changed_folders(loaded_with(tmp_path).settings, loaded, [])


def test_a_change_of_something_else_does_not_look_at_the_folders(tmp_path):
    loaded = loaded_with(tmp_path, directories__movies=str(tmp_path / "gone"))

    check_changed_folders(loaded.settings, loaded, [])


def test_looking_at_folders_makes_none(tmp_path):
    loaded = loaded_with(tmp_path, directories__movies=str(tmp_path / "gone"))

    problems = folder_problems(loaded.settings)

    assert [problem.key for problem in problems if not problem.is_unmade] == ["directories.movies"]
    assert len(problems) == 3
    assert list(tmp_path.iterdir()) == []
