"""A provider with one account and one film, and the means to fetch it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stalkeer.adapters.transfers.pace import Bandwidth
from stalkeer.adapters.transfers.request import Outcome, TransferLimits, TransferRequest
from stalkeer.adapters.transfers.transfer import transfer
from stalkeer.demo.content import Pattern
from stalkeer.demo.provider import Provider
from tests.doubles.watching import Watching

SIZE = 300_000
KEY = "/movie/7.mkv"
QUICK = TransferLimits(connect_s=5, headers_s=5, silence_s=5, no_progress_s=5)


@dataclass
class Desk:
    """Fetches the film of `provider` into `part`, again and again where a test wants it."""

    provider: Provider
    part: Path
    watching: Watching = field(default_factory=Watching)

    @property
    def url(self) -> str:
        return self.provider.media_url(KEY, self.provider.accounts["anna"])

    @property
    def film(self) -> bytes:
        content = self.provider.files[KEY].content
        return content.read(0, content.size)

    def request(self, **changes: Any) -> TransferRequest:
        return TransferRequest(**{"url": self.url, "part": self.part, "limits": QUICK} | changes)

    def fetch(self, **changes: Any) -> Outcome:
        return transfer(self.request(**changes), self.watching, Bandwidth().pace())

    def resume(self, **changes: Any) -> Outcome:
        """Go on from what the watcher was last told, as after a restart."""
        held = self.watching.durables[-1]
        known = {"total": held.total, "validators": held.validators, "learned": held.learned}
        return self.fetch(**{"durable_offset": held.offset} | known | changes)

    def hold(self, payload: bytes) -> int:
        """Put `payload` into the part file, as if it had come before."""
        self.part.write_bytes(payload)
        return len(payload)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        running.account("anna", "pw", max_connections=1)
        running.add(KEY, Pattern(SIZE))
        yield running


@pytest.fixture
def desk(provider: Provider, tmp_path: Path) -> Desk:
    return Desk(provider, tmp_path / "7.mkv.part")
