"""What a reader of the built book would miss, page by page: looked for in the HTML itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# A browser fetches what these name without being asked; a link is followed by the reader alone.
FETCHED = {"src", "srcset", "data", "poster", "xlink:href"}
FETCHING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}
IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^\s"')]+)""")
IN_SCRIPTS = re.compile(r"""(?:import|fetch|src\s*=)[\s(]*["'`]((?:https?:)?//[^"'`]+)""")
FILE_NAME = re.compile(r"\S+\.(png|svg|jpe?g|gif)")


class Page(HTMLParser):
    """A page's elements, one after another, and the text in its styles and scripts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, str] = {"style": "", "script": ""}
        self.feed(path.read_text(encoding="utf-8"))
        self.ids = {attributes["id"] for _, attributes in self.elements if "id" in attributes}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        last = self.elements[-1][0] if self.elements else ""
        if last in self.inside:
            self.inside[last] += data


def look_through(folder: Path) -> list[str]:
    """A line for each fault: what another host would be asked for, dead links, images without words."""
    pages = {path.resolve(): Page(path) for path in sorted(folder.rglob("*.html"))}
    faults = [] if pages else [f"{folder}: no pages"]
    for path, page in pages.items():
        found = [*_of_other_hosts(page), *_without_words(page), *_dead_links(path, pages)]
        faults += [f"{path.relative_to(folder.resolve())}: {fault}" for fault in found]
    for path in sorted(folder.rglob("*.css")):
        addresses = IN_STYLES.findall(path.read_text(encoding="utf-8"))
        faults += [f"{path.relative_to(folder)}: fetches {address}" for address in addresses]
    return faults


def _of_other_hosts(page: Page) -> Iterator[str]:
    for tag, attributes in page.elements:
        named = {value for name, value in attributes.items() if name in FETCHED}
        if tag == "link" and FETCHING_LINKS & set(attributes.get("rel", "").split()):
            named.add(attributes.get("href", ""))
        named |= set(IN_STYLES.findall(attributes.get("style", "")))
        yield from (f"<{tag}> fetches {address}" for address in sorted(named) if _is_elsewhere(address))
    for address in IN_STYLES.findall(page.inside["style"]) + IN_SCRIPTS.findall(page.inside["script"]):
        yield f"fetches {address}"


def _is_elsewhere(address: str) -> bool:
    return bool(re.match(r"\s*(https?:)?//", address, re.IGNORECASE))


def _without_words(page: Page) -> Iterator[str]:
    for tag, attributes in page.elements:
        # Where there are no words of ours, Sphinx takes the name of the file.
        alt = attributes.get("alt", "").strip()
        if tag == "img" and (not alt or FILE_NAME.fullmatch(alt)):
            shown = attributes.get("src", "")[:60]
            yield f"no words for the image {shown} (in a notebook they are its cell's mystnb.image.alt)"


def _dead_links(path: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for tag, attributes in pages[path].elements:
        link = attributes.get("href") or (attributes.get("src") if tag != "input" else None) or ""
        parts = urlsplit(link)
        if not link or parts.scheme or parts.netloc or link == "#":
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            yield f"a link to nothing: {link}"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"a link to no place in its page: {link}"
