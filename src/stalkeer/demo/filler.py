"""Make the rest of the demo's playlist: three thousand unwanted entries, with names as providers write them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stalkeer.demo.content import Memory

FIRST = (
    "Amber", "Borrowed", "Crooked", "Distant", "Eleventh", "Feral", "Gilded", "Hollow", "Idle", "Jagged", "Kindled",
    "Luminous", "Marbled", "Nameless", "Ochre", "Pale", "Quarrelling", "Rusted", "Silver", "Thirsty", "Unwritten",
    "Velvet", "Wandering", "Yonder", "Zealous", "Broken", "Cobalt", "Dormant", "Emerald", "Fading",
)  # fmt: skip
SECOND = (
    "Acrobats", "Beacon", "Canyon", "Dynasty", "Echoes", "Foundry", "Gardens", "Horizon", "Island", "Jury", "Kingdom",
    "Labyrinth", "Machines", "Nomads", "Oracle", "Pilgrims", "Quarry", "Rivals", "Shepherd", "Theatre", "Uprising",
    "Voyage", "Witness", "Xylophone", "Yardbirds", "Zeppelin", "Alchemy", "Bazaar", "Citadel", "Drifters",
)  # fmt: skip
MOVIE_STYLES = (
    "EN - {title} ({year})", "|FR| {title} - {year}", "{title} ({year}) [4K]", "{title} - {year}", "{title}",
    "4K-NF - {title} ({year}) (US)", "{loud} ({year})", "{title} VOSTFR ({year})", "DE - {title} [{year}]",
    "{dotted}.{year}.1080p.WEB-DL", "AR: {title} ({year})", "{title} ({year}) MULTI SUB", "+16 {title} ({year})",
)  # fmt: skip
EPISODE_STYLES = (
    "{title} S{season:02} E{episode:02}", "EN - {title} S{season:02}E{episode:02}", "{title} - {season}x{episode:02}",
    "{title} - {season}. Sezon {episode}. Bolum", "{title} | S{season} - Episode {episode}",
)  # fmt: skip
CHANNELS = ("News", "Sport", "Kids", "Cinema", "Music", "Nature", "History", "Comedy")
SEED = 20260115
MOVIES, SHOWS, EPISODES_A_SHOW, LIVE = 1700, 60, 20, 180


@dataclass(frozen=True)
class Line:
    """Describe an entry of the playlist; `key` is its file at the provider."""

    name: str
    key: str
    group: str
    logo: str = ""


def filler_lines(around: Sequence[Line]) -> list[Line]:
    """Spread `around` over the filler, in the same order every time."""
    chance = random.Random(SEED)  # noqa: S311 - only has to be the same every time
    lines = [*_channels(), *_movies(chance), *_episodes(chance)]
    for line in around:
        lines.insert(chance.randrange(LIVE, len(lines)), line)
    return lines


def playlist_text(lines: Sequence[Line], url: Callable[[str], str]) -> Memory:
    """Write the playlist as `m3u_plus`."""
    rows = ["#EXTM3U"]
    for line in lines:
        rows.append(
            f'#EXTINF:-1 tvg-id="" tvg-name="{line.name}" tvg-logo="{line.logo}" group-title="{line.group}",{line.name}'
        )
        rows.append(url(line.key))
    return Memory(("\n".join(rows) + "\n").encode())


def _channels() -> list[Line]:
    return [Line(f"EN: {CHANNELS[n % 8]} {n // 8 + 1} HD", f"/live/{n + 1}.ts", "UK LIVE") for n in range(LIVE)]


def _movies(chance: random.Random) -> list[Line]:
    lines = []
    for number in range(MOVIES):
        title = f"{chance.choice(FIRST)} {chance.choice(SECOND)}"
        if chance.random() < 0.15:
            title += f" {chance.randrange(2, 5)}"
        style = chance.choice(MOVIE_STYLES)
        dotted, year = title.replace(" ", "."), chance.randrange(1960, 2026)
        name = style.format(title=title, loud=title.upper(), dotted=dotted, year=year)
        lines.append(Line(name, f"/movie/{10_000 + number}.mkv", "MOVIES"))
    return lines


def _episodes(chance: random.Random) -> list[Line]:
    lines = []
    for show in range(SHOWS):
        title, style = f"{SECOND[show % 30]} of {FIRST[show * 7 % 30]}", EPISODE_STYLES[show % len(EPISODE_STYLES)]
        seasons = chance.randrange(1, 4)
        for number in range(EPISODES_A_SHOW):
            season, episode = number % seasons + 1, number // seasons + 1
            name = style.format(title=title, season=season, episode=episode)
            lines.append(Line(name, f"/series/{40_000 + show * 100 + number}.mkv", "SERIES"))
    return lines
