from dataclasses import replace

import pytest

from stalkeer.adapters.arr.values import FileQuality, ProfileQuality, QualityProfile
from stalkeer.jobs.library.profiles import is_upgrade

SDTV = FileQuality(1, "SDTV", "television", 480)
HDTV_1080 = FileQuality(9, "HDTV-1080p", "television", 1080)
WEB_1080 = FileQuality(3, "WEBDL-1080p", "web", 1080)
WEB_720 = FileQuality(5, "WEBDL-720p", "web", 720)
BLURAY_1080 = FileQuality(7, "Bluray-1080p", "bluray", 1080)
ORDER = (SDTV, WEB_720, HDTV_1080, WEB_1080, BLURAY_1080)
PROFILE = QualityProfile(
    1, "HD", True, 4, None, tuple(ProfileQuality(quality, True, rank) for rank, quality in enumerate(ORDER))
)


@pytest.mark.parametrize(
    ("resolution", "current", "better"),
    [
        (1080, None, True),
        (1080, SDTV, True),
        (1080, HDTV_1080, True),  # the profile prefers the web to television
        (1080, WEB_1080, False),
        (1080, BLURAY_1080, False),
        (720, HDTV_1080, False),
        (None, SDTV, False),
    ],
)
def test_the_profile_says_what_is_better(resolution, current, better):
    assert is_upgrade(resolution, current, PROFILE) is better


@pytest.mark.parametrize(("resolution", "better"), [(2160, True), (1080, False), (720, False)])
def test_what_the_profile_does_not_know_is_compared_by_lines(resolution, better):
    assert is_upgrade(resolution, BLURAY_1080, None) is better


@pytest.mark.parametrize("current", [SDTV, WEB_720, HDTV_1080])
def test_nothing_is_better_for_a_profile_without_upgrades_but_a_missing_item_is_fetched(current):
    profile = replace(PROFILE, upgrade_allowed=False)

    assert not is_upgrade(2160, current, profile)
    assert is_upgrade(480, None, profile)
