"""Read the settings: an immutable tree from flags, environment, the UI's rows and config.yml, in that order."""

from stalkeer.settings.load import LoadedSettings, find_config, load_settings
from stalkeer.settings.schema import Settings
from stalkeer.settings.sections.connections import ArrSettings, PlaylistSettings

__all__ = ["ArrSettings", "LoadedSettings", "PlaylistSettings", "Settings", "find_config", "load_settings"]
