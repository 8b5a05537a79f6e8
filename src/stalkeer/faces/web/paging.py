"""Divide lists into numbered pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paging:
    """Hold one page of a list with `total` rows: page 1 is the first."""

    number: int
    size: int
    total: int

    @classmethod
    def at(cls, asked: int, total: int, size: int) -> Paging:
        """Return the page that was asked for. Rows may have gone since: then it is the last page that there is."""
        return cls(max(1, min(asked, -(-total // size))), size, total)

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def pages(self) -> int:
        return -(-self.total // self.size)

    def context(self) -> dict[str, object]:
        """Return what the templates of lists need."""
        return {"page_number": self.number, "pages": self.pages, "total": self.total}


def path_of_page(path: str, number: int) -> str:
    return f"{path}?page_number={number}" if number > 1 else path
