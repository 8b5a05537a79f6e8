"""Define a request of SABnzbd's API after the check of its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stalkeer.errors import InvalidInput
from stalkeer.faces.bridge.access import BridgeCaller
from stalkeer.jobs.native.client import Changer, SlotFilter
from stalkeer.runtime import App

MOST_IDS = 200


@dataclass(frozen=True)
class SabRequest:
    """Hold a request. `nzb` is the file of a form."""

    app: App
    caller: BridgeCaller
    values: Mapping[str, str]
    nzb: bytes | None = None

    @property
    def mode(self) -> str:
        return self.value("mode")

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def number(self, name: str) -> int:
        """Return a parameter as a number; 0 for negative numbers and other text, as SABnzbd does."""
        text = self.value(name).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def ids(self, name: str = "value") -> list[str]:
        found = [nzo_id.strip() for nzo_id in self.value(name).split(",") if nzo_id.strip()]
        if not found or len(found) > MOST_IDS:
            raise InvalidInput(f"expects one parameter: {name}, with at most {MOST_IDS} ids")
        return found

    @property
    def filter(self) -> SlotFilter:
        ids = frozenset(nzo_id for nzo_id in self.value("nzo_ids").split(",") if nzo_id)
        category = self.value("category") or self.value("cat")
        return SlotFilter(
            category if category != "*" else "", self.value("search"), ids, self.number("start"), self.number("limit")
        )

    @property
    def changer(self) -> Changer:
        return Changer(self.app.download_queue, self.caller.instance)
