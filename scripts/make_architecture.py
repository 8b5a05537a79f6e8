"""Draws docs/images/architecture.svg from the order of floors and rooms that tests/test_architecture.py asserts.

python scripts/make_architecture.py
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
WIDTH, FLOOR_WIDTH, LEFT = 1000, 700, 40
LINE, GAP = 34, 12
PURPOSES = {
    "app": "builds and wires everything",
    "faces": "read a request, call a job, show the result",
    "runtime": "what a running program holds",
    "engine": "workers, heartbeat, schedules, what follows what",
    "jobs": "load, decide, apply: one function for each thing the program does",
    "store": "the only SQL",
    "adapters": "one part of the outside world each",
    "settings": "settings, secrets, logs, own files",
    "core": "pure rules: no clock, network, disk or database",
    "model": "values and errors",
}
OUTSIDE = {
    "faces": "browser, command line, API clients, Radarr and Sonarr",
    "engine": "DBOS",
    "store": "SQLite or PostgreSQL",
    "adapters": "playlists, accounts, Radarr, Sonarr, TMDB, media server, files",
}
STYLE = """
  .page { fill: #12161f } .floor { fill: #1c2330; stroke: #36415a } .room { fill: #2b3448 }
  text { font: 13px system-ui, sans-serif; fill: #d8dee9 } .name { font-weight: 600; font-size: 15px; fill: #5eead4 }
  .purpose, .outside { fill: #9aa5b8 } .arrow { stroke: #5eead4; fill: none } .link { stroke: #6b7689; fill: none }
"""


def constant(name: str) -> Any:
    tree = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise LookupError(name)


def rooms_of(floor: str, order: Sequence[str]) -> list[str]:
    """Return the rooms of a floor in import order; floors without an order of rooms list them by name."""
    folder = ROOT / "src" / "stalkeer" / floor
    found = sorted(path.name for path in folder.glob("*") if (path / "__init__.py").exists()) if folder.is_dir() else []
    return [room for room in order if room in found] if floor in ("store", "jobs") else found


def chips(rooms: Sequence[str], top: int) -> tuple[list[str], int]:
    """Place the rooms in lines. Return the drawing and its lower edge."""
    drawn, x, y = [], LEFT + 16, top
    for room in rooms:
        width = 18 + 8 * len(room)
        if x + width > LEFT + FLOOR_WIDTH - 16:
            x, y = LEFT + 16, y + LINE
        drawn.append(f'<rect class="room" x="{x}" y="{y}" width="{width}" height="24" rx="6"/>')
        drawn.append(f'<text x="{x + width / 2:g}" y="{y + 17}" text-anchor="middle">{escape(room)}</text>')
        x += width + 8
    return drawn, y + LINE if rooms else top


def outside(text: str, middle: int) -> list[str]:
    """Write what a floor is connected with, in lines of at most 28 characters."""
    lines = [""]
    for word in text.split():
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if len(lines[-1] + word) < 28 else [*lines, word]
    edge = LEFT + FLOOR_WIDTH
    top = middle - 9 * (len(lines) - 1) + 4
    drawn = [f'<path class="link" d="M{edge} {middle} h26"/>']
    return drawn + [
        f'<text class="outside" x="{edge + 34}" y="{top + 18 * number}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    ]


def picture() -> str:
    """Return the drawing: the program's entry on top, values at the bottom, each floor importing those below it."""
    floors, order = constant("FLOORS"), constant("ROOMS")
    drawn: list[str] = []
    top = 20
    for names in reversed(floors):
        name = names[0]
        if name not in PURPOSES:
            continue
        inner, bottom = chips(rooms_of(name, order), top + 36)
        height = max(bottom - top, 36) + (4 if inner else 0)
        drawn += [
            f'<rect class="floor" x="{LEFT}" y="{top}" width="{FLOOR_WIDTH}" height="{height}" rx="10"/>',
            f'<text class="name" x="{LEFT + 16}" y="{top + 23}">{name}</text>',
            f'<text class="purpose" x="{LEFT + 110}" y="{top + 23}">{escape(PURPOSES[name])}</text>',
            *inner,
            *(outside(OUTSIDE[name], top + height // 2) if name in OUTSIDE else []),
        ]
        top += height + GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 8}" role="img">\n'
        f"<title>The floors of Stalkeer and their rooms. Each imports only those below it.</title>\n"
        f"<style>{STYLE}</style>\n"
        f'<rect class="page" width="{WIDTH}" height="{top + 8}"/>\n'
        f'<path class="arrow" d="M20 24 V{top - 20} m-6 -10 l6 10 l6 -10"/>'
    )
    return "\n".join([head, *drawn, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
