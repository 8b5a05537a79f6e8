"""Take the browser libraries out of their npm packages: copy, trim, and note where every byte came from.

Tabler's style sheet is cut down to the rules whose classes our templates name; lucide's icons become one sprite.
Refuses a package whose checksum differs from the one noted at the same version.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
WEB = ROOT / "src" / "stalkeer" / "faces" / "web"
VENDOR = WEB / "static" / "vendor"
TEST_DATA = ROOT / "tests" / "faces" / "web" / "data"

ICONS = (ROOT / "scripts" / "icons.txt").read_text(encoding="utf-8").split()


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    licence: str

    @property
    def archive(self) -> str:
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


HTMX = Package("htmx.org", "4.0.1", "0BSD")
TABLER = Package("@tabler/core", "1.6.1", "MIT")
UPLOT = Package("uplot", "1.6.32", "MIT")
LUCIDE = Package("lucide-static", "1.62.0", "ISC")
AXE = Package("axe-core", "4.14.1", "MPL-2.0")  # for the tests only; never shipped


def main(folder: Path) -> None:
    check_packages(folder)
    VENDOR.mkdir(parents=True, exist_ok=True)
    TEST_DATA.mkdir(parents=True, exist_ok=True)
    written = {
        HTMX: [keep(folder, HTMX, "dist/htmx.min.js", VENDOR / "htmx.min.js")],
        TABLER: [trimmed_tabler(folder)],
        UPLOT: [
            keep(folder, UPLOT, "dist/uPlot.iife.min.js", VENDOR / "uplot.min.js"),
            keep(folder, UPLOT, "dist/uPlot.min.css", VENDOR / "uplot.min.css"),
        ],
        LUCIDE: [icon_sprite(folder)],
        AXE: [keep(folder, AXE, "axe.min.js", TEST_DATA / "axe.min.js")],
    }
    document = [
        {
            "package": package.name,
            "version": package.version,
            "licence": package.licence,
            "sha256": digest((folder / package.archive).read_bytes()),
            "files": [{"path": str(p.relative_to(ROOT)), "sha256": digest(p.read_bytes())} for p in paths],
        }
        for package, paths in written.items()
    ]
    (VENDOR / "VENDOR.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    write_licences(folder)


def write_licences(folder: Path) -> None:
    """Write the licence texts of what is shipped. Tabler's package has only a notice at the head of its style sheet."""
    notice = re.search(r"/\*!(.*?)\*/", read(folder, TABLER, "dist/css/tabler.css"), flags=re.DOTALL)
    assert notice is not None
    mit = read(folder, UPLOT, "LICENSE").partition("Permission is")
    texts = {
        HTMX: read(folder, HTMX, "LICENSE"),
        TABLER: re.sub(r"(?m)^ \* ?", "", notice[1]).strip() + f"\n\n{mit[1]}{mit[2]}",
        UPLOT: read(folder, UPLOT, "LICENSE"),
        LUCIDE: read(folder, LUCIDE, "LICENSE"),
    }
    parts = [f"{one.name} {one.version} ({one.licence})\n{'=' * 79}\n\n{text.strip()}" for one, text in texts.items()]
    (VENDOR / "LICENSES.txt").write_text("\n\n\n".join(parts) + "\n", encoding="utf-8")


def check_packages(folder: Path) -> None:
    """The same version must be the same bytes as last time."""
    noted_path = VENDOR / "VENDOR.json"
    if not noted_path.exists():
        return
    noted = {(row["package"], row["version"]): row["sha256"] for row in json.loads(noted_path.read_text())}
    for package in (HTMX, TABLER, UPLOT, LUCIDE, AXE):
        found = digest((folder / package.archive).read_bytes())
        if noted.get((package.name, package.version), found) != found:
            raise SystemExit(f"{package.name} {package.version} is not what it was: {found}")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read(folder: Path, package: Package, member: str) -> str:
    with tarfile.open(folder / package.archive) as archive:
        file = archive.extractfile(f"package/{member}")
        assert file is not None, member
        return file.read().decode()


def keep(folder: Path, package: Package, member: str, target: Path) -> Path:
    """Copy one file as it is, without the pointer to a source map that is not shipped."""
    text = re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", read(folder, package, member))
    target.write_text(text, encoding="utf-8")
    return target


def icon_sprite(folder: Path) -> Path:
    symbols = []
    for name in sorted(set(ICONS)):
        body = re.sub(r"<!--.*?-->", "", read(folder, LUCIDE, f"icons/{name}.svg"), flags=re.DOTALL)
        inner = re.sub(r"^\s*<svg.*?>|</svg>\s*$", "", body, flags=re.DOTALL)
        shapes = re.sub(r"\s+", " ", inner).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    target = VENDOR / "icons.svg"
    head = f"<!-- lucide {LUCIDE.version}, ISC licence, (c) Lucide Icons and Contributors -->"
    sprite = f'<svg xmlns="http://www.w3.org/2000/svg">{head}\n' + "\n".join(symbols) + "\n</svg>\n"
    target.write_text(sprite, encoding="utf-8")
    return target


# --- a style sheet, cut to what is used --------------------------------------------------------------------------


def trimmed_tabler(folder: Path) -> Path:
    sheet = re.sub(r"/\*.*?\*/", "", read(folder, TABLER, "dist/css/tabler.css"), flags=re.DOTALL)
    sheet = re.sub(r'@charset "[^"]*";', "", sheet)
    rules = trim_rules(sheet, words_in_use())
    text = drop_unused_variables("".join(rules), (WEB / "static" / "app.css").read_text(encoding="utf-8"))
    target = VENDOR / "tabler.css"
    head = f"/* Tabler {TABLER.version}, MIT licence, (c) The Tabler Authors; cut to the rules that are used */\n"
    target.write_text(head + text + "\n", encoding="utf-8")
    return target


def words_in_use() -> frozenset[str]:
    files = [*WEB.rglob("*.html"), *WEB.rglob("*.py"), WEB / "static" / "app.js"]
    return frozenset(word for path in files for word in re.findall(r"[A-Za-z0-9_-]+", path.read_text(encoding="utf-8")))


def blocks(sheet: str) -> list[tuple[str, str]]:
    """The top-level `prelude { body }` pairs of a style sheet; strings may hold braces."""
    found = []
    start = depth = body_start = 0
    quote = ""
    for at, char in enumerate(sheet):
        if quote:
            quote = "" if char == quote and sheet[at - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char == "{":
            depth += 1
            if depth == 1:
                body_start = at
        elif char == "}":
            depth -= 1
            if depth == 0:
                found.append((sheet[start:body_start].strip(), sheet[body_start + 1 : at].strip()))
                start = at + 1
        elif char == ";" and depth == 0:
            start = at + 1
    return found


def trim_rules(sheet: str, used: frozenset[str]) -> list[str]:
    kept = []
    for prelude, body in blocks(sheet):
        if prelude.startswith(("@media", "@supports", "@layer", "@container")):
            if inner := "".join(trim_rules(body, used)):
                kept.append(f"{prelude}{{{inner}}}\n")
        elif prelude.startswith("@keyframes"):
            kept.append(f"{prelude}{{{squeeze(body)}}}\n" if prelude.split()[-1] in used else "")
        elif prelude.startswith("@"):
            continue
        elif selectors := [s for s in split_selectors(prelude) if is_used(s, used)]:
            kept.append(f"{','.join(selectors)}{{{squeeze(body)}}}\n")
    return kept


def split_selectors(prelude: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r",(?![^(]*\))", prelude)]


def is_used(selector: str, used: frozenset[str]) -> bool:
    if any(word in selector for word in ("::-webkit-datetime", "ts-", "[dir=", "apexcharts", "dropzone", "tinymce")):
        return False
    required = re.sub(r":not\([^)]*\)", "", selector)
    return all(name in used for name in re.findall(r"\.([A-Za-z_-][\w-]*)", required))


def squeeze(body: str) -> str:
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"\s+", " ", body)).replace(": ", ":").rstrip(";")


def drop_unused_variables(sheet: str, own: str) -> str:
    """Remove definitions of custom properties that nothing reads, until none is left."""
    while True:
        read_names = set(re.findall(r"var\(\s*(--[\w-]+)", sheet + own))
        smaller = re.sub(r"[^{}\n]+\{\}\n?", "", _keep_variables(sheet, read_names))
        if smaller == sheet:
            return sheet
        sheet = smaller


def _keep_variables(sheet: str, names: set[str]) -> str:
    def kept(match: re.Match[str]) -> str:
        return match[0] if match[1] in names else ""

    return re.sub(r"(?<=[{;])(--[\w-]+):[^;{}]*(?:;|(?=\}))", kept, sheet)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
