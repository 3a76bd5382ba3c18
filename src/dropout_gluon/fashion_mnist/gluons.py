"""What Gluon's own class of Fashion-MNIST reads: the verified files of this machine, not MXNet's mirror.

That mirror serves the release of 2017-08-26 alone, and MXNet fetches it over whatever else it finds.
`compat.mends` has the class ask here.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import DataError
from ..messages import listed, named
from .archive import FILES, FIRST, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, Bytes, read_file
from .decoded import DecodedFiles
from .sources import decoded_folder, gluon_cache, locate


def read(root: str, train: bool) -> tuple[Bytes, Bytes] | None:
    """The images (n, 28, 28) and labels (n,) of the training set or the test set, verified.

    Args:
        root: where they are taken from, if they are there; nothing is written to it. What is not there is
            taken from where `sources.locate` finds it.
        train: which of the sets.

    Returns:
        Two arrays of unsigned bytes. None where `root` has the other set alone, of the release that MXNet's
        mirror serves, and this machine has that of the other release: then it is for MXNet to fetch.

    Raises:
        DataError: a file in `root` is damaged or of no known release, or the files would be of two releases.
            Gluon's own cache is passed over instead, with a warning.
    """
    names = (TRAIN_IMAGES, TRAIN_LABELS) if train else (TEST_IMAGES, TEST_LABELS)
    folder, decoded = Path(root), DecodedFiles(decoded_folder())
    try:
        held = [name for name in FILES if os.path.lexists(folder / name)]
        here = {name: read_file(folder / name, decoded=decoded) for name in held}
    except DataError:
        if folder != gluon_cache():
            raise
        here = {}  # `locate` says what is the matter with it
    releases = {file.release for file in here.values()}
    if len(releases) > 1:
        raise DataError(f"{named(folder)} mixes two releases where one was expected")
    if here.keys() >= set(names):
        return here[names[0]].array, here[names[1]].array
    found = locate()
    if releases - {found.release}:
        if releases == {FIRST}:
            return None
        raise DataError(
            f"{named(folder)} holds {listed(here)} of the release of {releases.pop()}, and "
            f"{named(found.folder)} the rest of that of {found.release}: one release was expected"
        )
    if train:
        return found.train_images, found.train_labels
    return found.test_images, found.test_labels
