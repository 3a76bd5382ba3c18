"""The pages of the book, copied together: README, docs, notebooks, and what is written from the package."""

import shutil
from fnmatch import fnmatch
from pathlib import Path

# File of the repository -> page of the book, where that is not the file's own path.
PLACES = {"README.md": "index.md"}
AS_THEY_ARE = ("README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md")
FOLDERS = {"docs": ("*.md", "*.png", "*.svg"), "notebooks": ("*.ipynb",)}

# The table of contents: each page stands under the first heading that has a pattern for it.
CONTENTS = {
    "In a notebook": ("notebooks/*",),
    "Bug or luck?": ("docs/verdict", "docs/releases", "docs/processors"),
    "The chapter's exercises": ("docs/exercises/*",),
    "The package": ("api", "command", "docs/*", "CONTRIBUTING", "CHANGELOG"),
    "中文": ("README.zh-CN",),
}
# What stands there for a page, if not its title.
TITLES = {"README.zh-CN": "中文说明 <README.zh-CN>"}


def stage(root: Path, folder: Path, written: dict[str, str]) -> None:
    """Copy the pages of the repository into an empty folder, and write those that have no file of their own.

    Args:
        root: the repository.
        folder: it is emptied, or made.
        written: page -> its text.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in AS_THEY_ARE:
        shutil.copy(root / name, folder)
    for name, patterns in FOLDERS.items():
        for pattern in patterns:
            for path in sorted((root / name).rglob(pattern)):
                if ".ipynb_checkpoints" not in path.parts:
                    target = folder / path.relative_to(root)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, target)
    for page, text in written.items():
        (folder / page).write_text(text, encoding="utf-8")
    for name, page in PLACES.items():
        text = (root / name).read_text(encoding="utf-8")
        (folder / page).write_text(text + contents(folder), encoding="utf-8")


def contents(folder: Path) -> str:
    """The table of contents, as what the first page ends in: on GitHub nobody need see it."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".md", ".ipynb")]
    left = [path.relative_to(folder).with_suffix("").as_posix() for path in files]
    text = ""
    for heading, patterns in CONTENTS.items():
        names = list(dict.fromkeys(name for pattern in patterns for name in left if fnmatch(name, pattern)))
        left = [name for name in left if name not in names]
        lines = (TITLES.get(name, name) for name in names)
        text += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {heading}", "", *lines, "```", ""])
    return text
