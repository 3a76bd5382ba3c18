"""What a reader of the built book would miss, page by page: looked for in the HTML itself."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

# A browser fetches what these name without being asked; a link is followed by the reader alone.
FETCHED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src",
    "embed": "src", "object": "data", "input": "src",
}  # fmt: skip
FETCHING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}
IN_STYLES = re.compile(r"""url\(\s*["']?((?:https?:)?//[^"')]+)|@import\s+["']([^"']+)""")


def look_through(folder: Path) -> list[str]:
    """A line for each fault: what comes from another host, links that lead nowhere, images that say nothing."""
    pages = {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in sorted(folder.rglob("*.html"))}
    anchors = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    if not pages:
        return [f"{folder}: no pages"]
    faults = [
        f"{path.relative_to(folder)}: {fault}"
        for path, page in pages.items()
        for fault in [*_of_other_hosts(page), *_without_words(page), *_dead_links(path, page, anchors)]
    ]
    for path in sorted(folder.rglob("*.css")):
        faults += [f"{path.relative_to(folder)}: fetches {found}" for found in _in_styles(path.read_text("utf-8"))]
    return faults


def _of_other_hosts(page: BeautifulSoup) -> Iterator[str]:
    for tag in page.find_all(list(FETCHED)):
        yield from (f"fetches {place}" for place in [tag.get(FETCHED[tag.name], "")] if _is_elsewhere(place))
    for link in page.find_all("link", href=True):
        if FETCHING_LINKS & set(link.get("rel", [])) and _is_elsewhere(link["href"]):
            yield f"fetches {link['href']}"
    for style in [*page.find_all("style"), *page.find_all(style=True)]:
        text = style.get_text() if style.name == "style" else style["style"]
        yield from (f"fetches {place}" for place in _in_styles(text))
    for script in page.find_all("script", src=False):
        for place in re.findall(r"""(?:import|fetch|src\s*=)[\s(]*["']((?:https?:)?//[^"']+)""", script.get_text()):
            yield f"fetches {place}"


def _in_styles(text: str) -> Iterator[str]:
    for address, imported in IN_STYLES.findall(text):
        if _is_elsewhere(address or imported):
            yield address or imported


def _is_elsewhere(place: str) -> bool:
    return urlsplit(place).scheme in ("http", "https") or place.startswith("//")


def _without_words(page: BeautifulSoup) -> Iterator[str]:
    for image in page.find_all("img"):
        alt = image.get("alt", "").strip()
        # Without words of ours, Sphinx's are the path of the file.
        if not alt or re.fullmatch(r"\S+\.(png|svg|jpe?g)", alt):
            yield f"an image without alternative text: {image['src'][:80]} (in a notebook, mystnb.image.alt of its cell)"


def _dead_links(path: Path, page: BeautifulSoup, anchors: dict[Path, set[str]]) -> Iterator[str]:
    for place, tag in _places(page):
        parts = urlsplit(place)
        if parts.scheme or parts.netloc or (tag.name == "a" and place == "#"):
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
        known = {page.resolve(): ids for page, ids in anchors.items()}
        if not target.exists():
            yield f"a link to nothing: {place}"
        elif parts.fragment and target in known and unquote(parts.fragment) not in known[target]:
            yield f"a link to no heading: {place}"


def _places(page: BeautifulSoup) -> Iterator[tuple[str, Tag]]:
    for tag in page.find_all(["a", "link", "img", "script"]):
        place = tag.get("href") or tag.get("src")
        if place and not place.startswith("data:"):
            yield place, tag
