"""Fashion-MNIST as the training loop reads it: two splits, and iterators over batches.

`sources` finds the files, `archive` verifies them. Here they become batches of NDArrays.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from copy import copy
from numbers import Real
from typing import Any

import numpy as np

from .._mxnet import nd
from ..config import NUM_TRAIN, SPLITS, check_batch_size, check_choice, check_seed, check_whole
from ..errors import ConfigError
from ..messages import shown
from .archive import Archive
from .sources import locate

NDArray = Any  # MXNet has no types

KINDS = {"images": "bytes, (n, height, width)", "labels": "whole numbers, (n,)"}
LARGEST_SIDE = 1024  # of a resized image: 256 of them take a gigabyte
LABELS = (
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip

# One seed gives the split and the order of the examples, by streams that do not overlap.
_SPLIT_STREAM, _ORDER_STREAM, _SUBSET_STREAM, _LABELS_STREAM = 1, 2, 4, 5  # 3: runs.run


class Batches:
    """Batches of a data set that is held in memory, again at every pass.

    Args:
        images: uint8 (n, 28, 28).
        labels: uint8 (n,).
        batch_size: examples a batch, 1 to 60,000; the last batch has what is left.
        seed: a new order at each pass, drawn from this seed; None keeps the order of the arrays.
        resize: side in pixels to which every image is resized (bilinear), 1 to 1,024, or None.

    Iterating gives pairs X, y: X float32 (batch, 1, side, side) in [0, 1], y int32 (batch,).
    `len()` is the number of batches.
    """

    def __init__(
        self,
        images: np.ndarray[Any, Any],
        labels: np.ndarray[Any, Any],
        batch_size: int,
        *,
        seed: int | None = None,
        resize: int | None = None,
    ) -> None:
        self.batch_size = check_batch_size(batch_size)
        self._resize = None if resize is None else check_whole("resize", resize, 1, LARGEST_SIDE)
        for name, array, ndim, kinds in (("images", images, 3, "B"), ("labels", labels, 1, "bBhHiIlLqQ")):
            if not isinstance(array, np.ndarray) or array.dtype.char not in kinds or array.ndim != ndim:
                raise ConfigError(f"{name} must be a NumPy array of {KINDS[name]}, not {shown(array)}")
        check_whole("the number of images", len(images), 1)
        check_whole("the number of labels", len(labels), len(images), len(images))
        self._rng = None if seed is None else np.random.default_rng([check_seed(seed), _ORDER_STREAM])
        pixels = nd.array(images[..., np.newaxis], dtype="uint8")
        # As floats a batch is gathered ready for use. Resized, the whole set might not fit in memory, so
        # then it stays in bytes and each batch is resized as it is gathered.
        self._images = nd.image.to_tensor(pixels) if resize is None else pixels
        self._labels = nd.array(labels, dtype="int32")

    def in_order(self) -> Batches:
        """The same data in the order of the arrays at every pass; the order of this one goes on as it was."""
        other = copy(self)
        other._rng = None
        return other

    def __len__(self) -> int:
        return -(-len(self._labels) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[NDArray, NDArray]]:
        n = len(self._labels)
        order = np.arange(n) if self._rng is None else self._rng.permutation(n)
        order = nd.array(order, dtype="int32")
        labels = nd.take(self._labels, order)
        for start in range(0, n, self.batch_size):
            batch = slice(start, min(start + self.batch_size, n))
            X = nd.take(self._images, order[batch])
            if self._resize is not None:
                X = nd.image.to_tensor(nd.image.resize(X, size=self._resize, interp=1))
            yield X, labels[batch]


def split_archive(
    archive: Archive, split: str, seed: int
) -> tuple[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]], ...]:
    """Training and test set, each images uint8 (n, 28, 28) and labels uint8 (n,).

    Args:
        archive: the verified files.
        split: ``released`` gives them as they are; ``reshuffled`` draws 1,000 test images a class from
            all 70,000 images, and leaves 6,000 a class for training.
        seed: the draw of ``reshuffled``.
    """
    if check_choice("split", split, SPLITS) == "released":
        return (archive.train_images, archive.train_labels), (
            archive.test_images,
            archive.test_labels,
        )
    images = np.concatenate([archive.train_images, archive.test_images])
    labels = np.concatenate([archive.train_labels, archive.test_labels])
    rng = np.random.default_rng([check_seed(seed), _SPLIT_STREAM])
    by_class = [rng.permutation(np.flatnonzero(labels == label)) for label in range(len(LABELS))]
    test = rng.permutation(np.concatenate([members[:1000] for members in by_class]))
    train = rng.permutation(np.concatenate([members[1000:] for members in by_class]))
    return (images[train], labels[train]), (images[test], labels[test])


def subset(
    images: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], count: int, seed: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """So many of the images and labels, drawn by the seed, of each class as many or one fewer."""
    if count == len(labels):
        return images, labels
    rng = np.random.default_rng([check_seed(seed), _SUBSET_STREAM])
    places = np.empty(len(labels), dtype=np.int64)
    for label in range(len(LABELS)):
        mine = rng.permutation(np.flatnonzero(labels == label))
        places[mine] = np.arange(len(mine))
    # One of each class, then another of each, and so on.
    chosen = np.sort(np.lexsort((labels, places))[:count])
    return images[chosen], labels[chosen]


def make_iterators(
    archive: Archive,
    batch_size: int,
    *,
    split: str,
    seed: int,
    resize: int | None = None,
    num_train: int = NUM_TRAIN,
    labels: str = "true",
) -> tuple[Batches, Batches]:
    """The training iterator, in a new order at each pass, and the test iterator.

    Args:
        archive: the verified files.
        batch_size, split, seed, num_train, labels: as RunConfig has them.
        resize: as `Batches` has it.
    """
    train, test = split_archive(archive, split, seed)
    images, classes = subset(*train, num_train, seed)
    if labels == "random":
        rng = np.random.default_rng([check_seed(seed), _LABELS_STREAM])
        classes = rng.permutation(classes)
    return (
        Batches(images, classes, batch_size, seed=seed, resize=resize),
        Batches(*test, batch_size, resize=resize),
    )


def load_data_fashion_mnist(
    batch_size: int,
    resize: int | None = None,
    root: str | os.PathLike[str] | None = None,
    *,
    split: str = "released",
    seed: int = 0,
) -> tuple[Batches, Batches]:
    """The training and the test iterator over Fashion-MNIST, found or fetched, and verified.

    Args:
        batch_size: examples a batch, 1 to 60,000.
        resize: side in pixels to which every image is resized, or None for 28.
        root: folder to look in first; None for the usual places (see `sources.locate`).
        split: ``released`` or ``reshuffled``, see `RunConfig`.
        seed: fixes the order of the training examples, and the split where it is reshuffled.

    Returns:
        Two `Batches`; at batch size 256 they have 235 and 40.

    Raises:
        ConfigError: an argument is outside its range.
        DataError: the data cannot be found, fetched or verified.
    """
    check_batch_size(batch_size)
    return make_iterators(locate(root), batch_size, split=split, seed=seed, resize=resize)


def get_fashion_mnist_labels(labels: Iterable[Any]) -> list[str]:
    """The names of the classes with these numbers, 0 to 9 (any iterable of numbers, NDArray too)."""
    numbers = labels.asnumpy() if hasattr(labels, "asnumpy") else labels
    if not isinstance(numbers, Iterable) or getattr(numbers, "ndim", 1) != 1:
        raise ConfigError(f"labels must be numbers from 0 to 9, not {shown(labels)}")
    return [LABELS[_check_label(number)] for number in numbers]


def _check_label(number: Any) -> int:
    is_number = isinstance(number, Real)
    if not is_number or not 0 <= number < len(LABELS) or number != int(number):
        raise ConfigError(f"a label must be a whole number from 0 to 9, not {shown(number)}")
    return int(number)
