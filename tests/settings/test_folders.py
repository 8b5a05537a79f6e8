"""Configured folders must be there; those below the data folder are made."""

from __future__ import annotations

import pytest

from stalkeer.errors import ConfigurationError
from stalkeer.settings import load_settings
from stalkeer.settings.folders import check_folders, check_outside_root_folders


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
    with pytest.raises(ConfigurationError, match="directories.movies.*root folder of radarr"):
        check_outside_root_folders(
            {"directories.movies": tmp_path / "media" / "vod"}, [("radarr", str(tmp_path / "media"))]
        )


def test_a_staging_folder_beside_a_root_folder_is_fine(tmp_path):
    check_outside_root_folders({"directories.movies": tmp_path / "vod"}, [("radarr", str(tmp_path / "media"))])
