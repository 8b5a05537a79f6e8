"""Write THIRD_PARTY.md: the licence of each package that Stalkeer runs on, from the packages' own metadata.

Run it after `make lock`, in the environment of the lock files. Refuses a package whose licence is not named here.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageMetadata, distribution
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "THIRD_PARTY.md"
LOCK = ROOT / "packaging" / "requirements.lock"
PYTHONS = ("3.11", "3.13")
# as packages name their licences in older metadata; "BSD" says nothing of its clauses, so the text was read
SPDX = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
ACCEPTED = frozenset(
    ("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0")
)
HEAD = """# Licences of others

Written by `scripts/make_licences.py`. Stalkeer itself is under the [MIT licence](LICENSE).

**In the package**: htmx, Tabler, uPlot and the icons of Lucide. Their licences are in
`stalkeer/faces/web/static/vendor/LICENSES.txt`, and are served as `/static/vendor/LICENSES.txt`.

**Beside the package**: pip installs these, each with its licence in its `.dist-info` folder, some of them only with the
extras `hls` and `notify`. `av` contains libraries of FFmpeg (LGPL 3.0), x264 and x265 (GPL 2.0 or later).

| package | licence |
|---|---|
"""


def wanted() -> str:
    rows = [f"| {name} | {licence_of(name)} |\n" for name in names_on_linux()]
    return HEAD + "".join(rows)


def names_on_linux() -> list[str]:
    """Return the packages of the lock file that are installed on Linux, by some Python of ours."""
    found = set()
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([a-z0-9-]+)==\S+(?: ; (.*?))? \\$", line):
            name, marker = match.groups()
            if marker is None or any(_holds(marker, python) for python in PYTHONS):
                found.add(name)
    return sorted(found)


def _holds(marker: str, python: str) -> bool:
    system = {"sys_platform": "linux", "implementation_name": "cpython", "platform_python_implementation": "CPython"}
    return Marker(marker).evaluate({**system, "python_version": python, "python_full_version": f"{python}.0"})


def licence_of(name: str) -> str:
    return check(name, _named(distribution(name).metadata))


def check(name: str, expression: str) -> str:
    """Return the SPDX expression. Raise SystemExit where a licence in it is not accepted."""
    terms = set(re.split(r"[ ()]+", expression)) - {"AND", "OR", "WITH", ""}
    if not terms or not terms <= ACCEPTED:
        raise SystemExit(f"{name}: its licence {expression!r} is not among the accepted; read it, then decide")
    return expression


def _named(metadata: PackageMetadata) -> str:
    for key in ("License-Expression", "License"):
        text = metadata[key].strip() if key in metadata else ""
        if text and "\n" not in text:
            return SPDX.get(text, text)
    classified = [one.split(" :: ")[-1] for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")]
    return " OR ".join(SPDX.get(one, one) for one in classified if one != "OSI Approved")


if __name__ == "__main__":
    TARGET.write_text(wanted(), encoding="utf-8")
