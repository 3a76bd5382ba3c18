"""Splits and iterators: every image once a pass, the book's transforms, the same order from the same seed."""

import numpy as np
import pytest

from dropout_gluon._mxnet import gluon, nd
from dropout_gluon.errors import ConfigError
from dropout_gluon.fashion_mnist import batches as data


def numbered(n):
    """n images, each filled with its own number modulo 251, and labels that cycle through the classes."""
    images = np.zeros((n, 28, 28), np.uint8) + (np.arange(n) % 251).astype(np.uint8)[:, None, None]
    return images, (np.arange(n) % 10).astype(np.uint8)


def numbers(batches):
    """The numbers of the images, in the order of one pass."""
    return np.concatenate([np.rint(X.asnumpy()[:, 0, 0, 0] * 255).astype(int) for X, _ in batches])


@pytest.mark.data
def test_lengths_shapes_and_types_are_the_helpers():
    train_iter, test_iter = data.load_data_fashion_mnist(256)
    assert (len(train_iter), len(test_iter)) == (235, 40)
    for batches, count in ((train_iter, 60_000), (test_iter, 10_000)):
        sizes = []
        for X, y in batches:
            assert X.shape == (len(y), 1, 28, 28)
            assert (X.dtype, y.dtype) == (np.float32, np.int32)
            sizes.append(len(y))
        assert sum(sizes) == count
        assert set(sizes[:-1]) == {256}
    assert X.min().asscalar() >= 0
    assert X.max().asscalar() == 1


@pytest.mark.data
@pytest.mark.parametrize("resize", [None, 20, 40])
def test_pixels_are_those_of_the_books_transforms(archive, resize):
    images, labels = archive.test_images[:7], archive.test_labels[:7]
    X, y = next(iter(data.Batches(images, labels, 7, resize=resize)))
    transforms = gluon.data.vision.transforms
    steps = [transforms.Resize(resize)] if resize else []
    book = transforms.Compose([*steps, transforms.ToTensor()])
    expected = nd.stack(*[book(nd.array(image[..., None], dtype="uint8")) for image in images])
    np.testing.assert_array_equal(X.asnumpy(), expected.asnumpy())
    np.testing.assert_array_equal(y.asnumpy(), labels)


def test_each_pass_has_every_example_once_in_a_new_order_with_its_label():
    images, labels = numbered(250)
    batches = data.Batches(images, labels, 64, seed=3)
    passes = [numbers(batches) for _ in range(3)]
    for order in passes:
        np.testing.assert_array_equal(np.sort(order), np.arange(250))
    assert not np.array_equal(passes[0], passes[1])
    for X, y in batches:
        np.testing.assert_array_equal(np.rint(X.asnumpy()[:, 0, 0, 0] * 255) % 10, y.asnumpy())


def test_order_follows_from_the_seed():
    images, labels = numbered(250)

    def orders(seed):
        batches = data.Batches(images, labels, 64, seed=seed)
        return [numbers(batches).tolist() for _ in range(2)]

    assert orders(3) == orders(3)
    assert orders(3) != orders(4)
    unshuffled = data.Batches(images, labels, 64)
    assert numbers(unshuffled).tolist() == list(range(250))


@pytest.mark.parametrize(
    ("n", "batch_size", "count"), [(250, 250, 1), (250, 1, 250), (250, 300, 1), (251, 50, 6)]
)
def test_batches_at_the_edges(n, batch_size, count):
    images, labels = numbered(n)
    batches = data.Batches(images, labels, batch_size, seed=0)
    sizes = [len(y) for _, y in batches]
    assert (len(batches), len(sizes), sum(sizes)) == (count, count, n)


@pytest.mark.data
@pytest.mark.parametrize("seed", [0, 1])
def test_reshuffled_split_is_stratified_and_keeps_every_image(archive, seed):
    train, test = data.split_archive(archive, "reshuffled", seed)
    assert np.bincount(train[1]).tolist() == [6000] * 10
    assert np.bincount(test[1]).tolist() == [1000] * 10

    def rows(*parts):
        """The labelled images as a sorted set of bytes."""
        return sorted(
            label.tobytes() + image.tobytes()
            for images, labels in parts
            for image, label in zip(images, labels)
        )

    released = ((archive.train_images, archive.train_labels), (archive.test_images, archive.test_labels))
    assert rows(train, test) == rows(*released)


@pytest.mark.data
def test_split_follows_from_the_seed(archive):
    def test_labels(split, seed):
        return data.split_archive(archive, split, seed)[1][0][:100].tobytes()

    assert test_labels("reshuffled", 5) == test_labels("reshuffled", 5)
    assert test_labels("reshuffled", 5) != test_labels("reshuffled", 6)
    assert test_labels("released", 5) == archive.test_images[:100].tobytes()


@pytest.mark.parametrize("count", [10, 57, 599, 600])
def test_a_subset_is_stratified_and_follows_from_the_seed(count):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10, dtype=np.uint8), 60))
    images = np.arange(600, dtype=np.uint8).repeat(4).reshape(600, 2, 2) + labels[:, None, None]
    chosen, own = data.subset(images, labels, count, seed=3)
    per_class = np.bincount(own, minlength=10)
    assert per_class.sum() == count
    assert per_class.max() - per_class.min() <= 1
    pairs = {(image.tobytes(), label) for image, label in zip(images, labels)}
    assert {(image.tobytes(), label) for image, label in zip(chosen, own)} <= pairs
    assert chosen.tobytes() == data.subset(images, labels, count, seed=3)[0].tobytes()
    if count < 600:
        assert chosen.tobytes() != data.subset(images, labels, count, seed=4)[0].tobytes()


@pytest.mark.data
def test_random_labels_are_a_permutation_fixed_by_the_seed(archive):
    def labels(seed, kind, num_train=2000):
        train, test = data.make_iterators(
            archive, 1000, split="released", seed=seed, num_train=num_train, labels=kind
        )
        return [np.concatenate([y.asnumpy() for _, y in part.in_order()]) for part in (train, test)]

    (true, test), (random, unchanged) = labels(3, "true"), labels(3, "random")
    assert len(random) == 2000
    np.testing.assert_array_equal(np.bincount(random), np.bincount(true))
    np.testing.assert_array_equal(test, unchanged)
    assert 0.05 < (random == true).mean() < 0.15  # 0.1, but for 1 seed in 10**13
    np.testing.assert_array_equal(random, labels(3, "random")[0])
    assert (random != labels(4, "random")[0]).any()


def test_a_pass_in_order_leaves_the_order_of_the_next_as_it_was():
    images, labels = numbered(250)
    one, other = (data.Batches(images, labels, 50, seed=0) for _ in range(2))
    passes = []
    for batches in (one, other):
        first = [y.asnumpy().tolist() for _, y in batches]
        if batches is other:
            in_order = [y.asnumpy() for _, y in batches.in_order()]
            np.testing.assert_array_equal(np.concatenate(in_order), labels)
        passes.append([first, [y.asnumpy().tolist() for _, y in batches]])
    assert passes[0] == passes[1]


@pytest.mark.parametrize("batch_size", [0, -1, 70_000, 1.5, "256", None])
def test_bad_batch_size_is_named_before_anything_is_read(tmp_path, batch_size):
    with pytest.raises(ConfigError, match="batch_size must be a whole number from 1 to 60000, not"):
        data.load_data_fashion_mnist(batch_size, root=tmp_path)


def test_bad_resize_and_split_are_named():
    images, labels = numbered(10)
    with pytest.raises(ConfigError, match="resize must be a whole number from 1 to 1024, not 0"):
        data.Batches(images, labels, 5, resize=0)
    with pytest.raises(ConfigError, match="split must be one of released, reshuffled, not 'old'"):
        data.split_archive(None, "old", 0)


def test_labels_have_names():
    assert data.get_fashion_mnist_labels(nd.array([0, 9, 5])) == ["t-shirt", "ankle boot", "sandal"]
    assert data.get_fashion_mnist_labels([1, np.int32(8)]) == ["trouser", "bag"]
    for bad in (10, -1, 0.5):
        with pytest.raises(ConfigError, match="a label must be a whole number from 0 to 9, not"):
            data.get_fashion_mnist_labels([bad])
