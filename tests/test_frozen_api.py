"""The API is frozen: docs/openapi.json is the document that users' programs were written for."""

from __future__ import annotations

import pytest
from scripts import freeze_api, make_docs


@pytest.fixture(scope="module")
def present():
    return freeze_api.frozen(make_docs.openapi_document())


def test_no_route_parameter_or_field_that_programs_use_has_changed(present):
    breaks = freeze_api.breaking_changes(freeze_api.read_frozen(), present)

    assert breaks == [], freeze_api.refusal(breaks)


def test_additions_are_in_the_frozen_document(present):
    """So that what is added today is kept from tomorrow on."""
    assert freeze_api.read_frozen() == present, f"docs/openapi.json is behind; accept additions: {freeze_api.ACCEPT}"
