"""`make advisories` fails where a version was not looked up: pip-audit itself calls that "no known vulnerabilities"."""

from __future__ import annotations

import pytest
from scripts import advisories

FINE = {"name": "urllib3", "version": "2.8.0", "vulns": []}
WEAK = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.2"]}]}
SKIPPED = {"name": "typer", "skip_reason": "Dependency not found on PyPI and could not be audited: typer (0.29.2)"}


@pytest.mark.parametrize(
    ("dependencies", "code"),
    [
        ([FINE], 0),
        ([FINE, WEAK], 1),
        ([WEAK, SKIPPED], 1),
        ([FINE, SKIPPED], 2),
        ([SKIPPED], 2),
        ([], 2),
    ],
    ids=["fine", "weak", "weak-and-skipped", "partly", "nothing", "empty"],
)
def test_only_a_lock_file_that_was_looked_up_whole_passes(dependencies, code):
    assert advisories.read_report({"dependencies": dependencies}).exit_code == code


def test_an_advisory_is_told_with_the_version_that_mends_it():
    found = advisories.read_report({"dependencies": [WEAK, SKIPPED]})

    told = advisories.told("requirements.lock", found)

    assert "jinja2 2.4.1: PYSEC-2014-8, mended in 2.7.2" in told
    assert "1 package was not looked up" in told
