"""A provider, a Radarr and a Sonarr on loopback: well-behaved servers, used by `stalkeer demo` and by the tests."""
