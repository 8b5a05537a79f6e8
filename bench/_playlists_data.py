"""Write a synthetic playlist of any size: 35 % films, 60 % episodes, 5 % live, about 295 bytes an entry.

The same seed gives the same entries; `--changed 0.01` replaces that share of them, as a provider does in a day.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import TextIO

_WORDS = """
silver night river garden storm empire letter winter shadow island mirror harbour forest engine summer desert
crown signal violet thunder orchard captain journey whisper copper lantern meadow glacier comet velvet anchor
prairie falcon quartz ember willow canyon marble beacon tundra saffron raven cobalt cedar dune atlas indigo
"""
WORDS = tuple(_WORDS.split())
PREFIXES = ("FR - ", "EN - ", "|DE| ", "4K-EN - ", "", "", "ES: ", "IT - ")
TAGS = ("", "", "", " [4K]", " [MULTI]", " 1080p", " (US)")
BASE = "http://provider.example:8080"
ODD_EVERY = 3000


def write_playlist(
    path: Path, entries: int, *, changed: float = 0.0, login: str = "user1234/pass5678", base: str = BASE
) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("#EXTM3U\n")
        _write_entries(file, entries, changed, f"{base}/%s/{login}")


def _write_entries(file: TextIO, entries: int, changed: float, root: str) -> None:
    chance = random.Random(7)
    change = random.Random(8)
    films, episodes = int(entries * 0.35), int(entries * 0.60)
    episode = season = 0
    show = ""
    for number in range(entries):
        is_new = change.random() < changed
        stream = number + (10_000_000 if is_new and change.random() < 0.5 else 0)
        mark = " New" if is_new else ""
        if number < films:
            title = f"{_title(chance)}{mark} ({chance.randint(1950, 2026)}){chance.choice(TAGS)}"
            _write(
                file,
                chance.choice(PREFIXES) + title,
                f"VOD | {chance.choice(WORDS).title()}",
                f"{root % 'movie'}/{stream}.mkv",
                chance,
            )
        elif number < films + episodes:
            if not episode:
                show, season, episode = chance.choice(PREFIXES) + _title(chance), 1, 0
            episode += 1
            if episode > 10:
                season, episode = season + 1, 1
            if season > 4:
                show, season = chance.choice(PREFIXES) + _title(chance), 1
            _write(
                file,
                f"{show}{mark} S{season:02d} E{episode:02d}",
                f"SRS | {show[:12]}",
                f"{root % 'series'}/{stream}.mp4",
                chance,
            )
        else:
            name = f"{chance.choice(WORDS).title()} TV {number}{mark}"
            _write(file, name, "LIVE | News", f"{root % 'live'}/{stream}.ts", chance)


def _title(chance: random.Random) -> str:
    return " ".join(chance.choice(WORDS).title() for _ in range(chance.randint(2, 4)))


def _write(file: TextIO, name: str, group: str, url: str, chance: random.Random) -> None:
    logo = f"https://image.example/t/p/w600_and_h900_bestv2/{chance.getrandbits(120):030x}.jpg"
    shown = name
    if chance.randrange(ODD_EVERY) == 0:
        shown = name = f'The "{name}", Again'
    file.write(f'#EXTINF:-1 tvg-id="" tvg-name="{name}" tvg-logo="{logo}" group-title="{group}",{shown}\n{url}\n')


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("path", type=Path)
    arguments.add_argument("--entries", type=int, default=1_000_000)
    arguments.add_argument("--changed", type=float, default=0.0)
    chosen = arguments.parse_args()
    write_playlist(chosen.path, chosen.entries, changed=chosen.changed)
