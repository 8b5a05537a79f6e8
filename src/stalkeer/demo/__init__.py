"""Run a provider, a Radarr and a Sonarr on loopback: well-behaved servers for `stalkeer demo` and the tests."""
