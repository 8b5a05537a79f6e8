"""Languages are a setting of each instance; the old common ones move to the instances."""

import pytest

from stalkeer.app.build import move_old_languages
from stalkeer.errors import InvalidInput
from stalkeer.jobs.library.instances import set_languages
from stalkeer.model import InstanceKind
from stalkeer.settings.sections.connections import ArrSettings
from stalkeer.store.library.instances import get_instance, sync_config_instances


def configure(app, **options):
    entry = ArrSettings(url="http://127.0.0.1:9", api_key="0123456789abcdef", **options)
    with app.database.begin() as connection:
        sync_config_instances(connection, {InstanceKind.RADARR: [entry]}, app.secrets, app.clock())


def languages(app):
    with app.database.connect() as connection:
        return get_instance(connection, "radarr").options.languages


def test_those_of_the_page_stay_where_the_file_names_none_and_give_way_where_it_does(app):
    configure(app)
    set_languages(app.arrs, "radarr", ("fr", "en:require"))

    configure(app)
    assert languages(app) == ("fr", "en:require")
    configure(app, languages=["de"])
    assert languages(app) == ("de",)


def test_what_is_no_language_is_refused(app):
    configure(app)

    with pytest.raises(InvalidInput, match="accepted: fr, en:require"):
        set_languages(app.arrs, "radarr", ("klingonese",))


def test_the_old_settings_of_the_page_move_to_the_instances_once(app):
    configure(app)
    app.change_settings({"matching.languages": ["fr", "original"], "downloads.audio_languages": ["French", "eng"]})

    move_old_languages(app)

    assert languages(app) == ("fr:require", "original", "en:require")
    assert app.settings.matching.languages == () and app.settings.downloads.audio_languages == ()
    set_languages(app.arrs, "radarr", ())
    move_old_languages(app)
    assert languages(app) == ()


def test_without_an_instance_the_old_settings_stay_until_there_is_one(app):
    app.change_settings({"matching.languages": ["fr"]})

    move_old_languages(app)

    assert app.settings.matching.languages == ("fr",)
