"""Gluon's own class of Fashion-MNIST over verified files: where it looks, what it gives, what it refuses."""

import gzip
import hashlib
import shutil
from dataclasses import replace

import numpy as np
import pytest
from fresh import printed

from dropout_gluon import mx, nd
from dropout_gluon.compat import mends
from dropout_gluon.errors import DataError, DropoutGluonWarning
from dropout_gluon.fashion_mnist.archive import FILES, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

vision = mx.gluon.data.vision
datasets = vision.datasets


@pytest.fixture(autouse=True)
def fetched(machine, monkeypatch):
    """What MXNet asks its mirror for; the rest of it is MXNet's own."""
    names = []

    def download(url, path, sha1_hash):
        names.append(url.rpartition("/")[2])
        return f"{path}/{names[-1]}"

    monkeypatch.setattr(datasets, "download", download)
    return names


def of_the_first_release(folder, monkeypatch, *names):
    """Take the files of these names, and these alone, for the first release."""
    for name in FILES:
        if name in names:
            sha1 = hashlib.sha1((folder / name).read_bytes()).hexdigest()
            monkeypatch.setitem(FILES, name, replace(FILES[name], first_sha1=sha1, second_sha256="0" * 64))
        else:
            (folder / name).unlink()


def pixels(folder, name):
    content = gzip.decompress((folder / name).read_bytes())
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28, 1)


@pytest.mark.parametrize("train", [True, False])
def test_gives_what_mxnets_own_method_gives(small, fetched, train):
    ours = vision.FashionMNIST(root=str(small), train=train)
    assert not fetched
    theirs = vision.FashionMNIST.__new__(vision.FashionMNIST)
    theirs.__dict__.update(
        {name: value for name, value in vars(ours).items() if name not in ("_data", "_label")}
    )
    vision.MNIST._get_data(theirs)
    assert len(fetched) == 2
    assert len(ours) == len(theirs) == (600 if train else 100)
    for one, other in ((ours._data, theirs._data), (ours._label, theirs._label)):
        assert (type(one), one.dtype, one.shape) == (type(other), other.dtype, other.shape)
        np.testing.assert_array_equal(np.array(one), np.array(other))
    image, label = ours[5]
    assert (type(image), image.shape, type(label)) == (nd.NDArray, (28, 28, 1), np.int32)


def test_in_numpy_mode_it_gives_numpys_arrays(small):
    with mx.util.np_array(True):
        data = vision.FashionMNIST(root=str(small), train=False)
    assert isinstance(data._data, mx.np.ndarray)
    assert isinstance(data._label, mx.np.ndarray)
    np.testing.assert_array_equal(data._data.asnumpy(), pixels(small, TEST_IMAGES))


def test_an_empty_root_stays_empty(small, machine, tmp_path, fetched):
    """The files come from where they are found otherwise."""
    shutil.copytree(small, machine.system)
    data = vision.FashionMNIST(str(tmp_path / "new"), train=False, transform=lambda X, y: (X.max(), y))
    assert data[3][0].asscalar() == pixels(small, TEST_IMAGES)[3].max()
    assert not list((tmp_path / "new").iterdir())
    assert not fetched


def test_its_own_cache_is_as_good_as_any(small, machine, fetched):
    shutil.copytree(small, machine.gluon)
    shutil.rmtree(small)
    assert len(vision.FashionMNIST(str(machine.gluon))) == 600
    assert len(vision.FashionMNIST(str(machine.gluon), train=False)) == 100
    assert not fetched


def test_one_set_in_its_cache_is_used_and_the_other_found(small, machine, fetched):
    """As a program leaves it that only trains."""
    shutil.copytree(small, machine.system)
    machine.gluon.mkdir(parents=True)
    for name in (TRAIN_IMAGES, TRAIN_LABELS):
        shutil.copy(small / name, machine.gluon)
    assert len(vision.FashionMNIST(str(machine.gluon), train=True)) == 600
    with pytest.warns(DropoutGluonWarning, match="passed over"):
        assert len(vision.FashionMNIST(str(machine.gluon), train=False)) == 100
    assert sorted(path.name for path in machine.gluon.iterdir()) == sorted([TRAIN_IMAGES, TRAIN_LABELS])
    assert not fetched


def test_a_damaged_file_is_named_and_stays(small, fetched):
    (small / TRAIN_LABELS).write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"train-labels.* is damaged") as caught:
        vision.FashionMNIST(root=str(small), train=True)
    assert "\n" not in str(caught.value)
    assert (small / TRAIN_LABELS).read_bytes() == b"damaged"
    assert not fetched


def test_a_damaged_cache_is_passed_over(small, machine):
    shutil.copytree(small, machine.gluon)
    shutil.copytree(small, machine.system)
    (machine.gluon / TEST_IMAGES).write_bytes(b"damaged")
    with pytest.warns(DropoutGluonWarning, match="damaged"):
        data = vision.FashionMNIST(str(machine.gluon), train=False)
    np.testing.assert_array_equal(data._data.asnumpy(), pixels(small, TEST_IMAGES))


def test_the_first_release_is_left_to_mxnet_to_complete(small, machine, monkeypatch, fetched):
    """Its mirror serves that release: the test set of the other would be of other images."""
    shutil.copytree(small, machine.system)
    first = shutil.copytree(small, small.parent / "first")
    of_the_first_release(first, monkeypatch, TRAIN_IMAGES, TRAIN_LABELS)
    monkeypatch.setattr("dropout_gluon.fashion_mnist.gluons.locate", lambda: FoundSecond)
    assert len(vision.FashionMNIST(root=str(first), train=True)) == 600
    with pytest.raises(FileNotFoundError):  # of the download that this test replaced
        vision.FashionMNIST(root=str(first), train=False)
    assert fetched == [TEST_IMAGES, TEST_LABELS]


class FoundSecond:
    release, folder = "2017-08-31", "elsewhere"


class FoundFirst:
    release, folder = "2017-08-26", "elsewhere"


def test_two_releases_are_not_mixed(small, monkeypatch, fetched):
    monkeypatch.setattr("dropout_gluon.fashion_mnist.gluons.locate", lambda: FoundFirst)
    for name in (TEST_IMAGES, TEST_LABELS):
        (small / name).unlink()
    with pytest.raises(
        DataError, match="of the release of 2017-08-31, and elsewhere the rest of that of 2017-08-26"
    ):
        vision.FashionMNIST(root=str(small), train=False)
    assert not fetched


def test_a_folder_of_two_releases_is_refused(small, monkeypatch):
    sha1 = hashlib.sha1((small / TRAIN_LABELS).read_bytes()).hexdigest()
    member = replace(FILES[TRAIN_LABELS], first_sha1=sha1, second_sha256="0" * 64)
    monkeypatch.setitem(FILES, TRAIN_LABELS, member)
    with pytest.raises(DataError, match="mixes two releases"):
        vision.FashionMNIST(root=str(small))


def test_the_handwritten_digits_are_left_alone(tmp_path, fetched):
    assert vision.MNIST._get_data is not vision.FashionMNIST._get_data
    with pytest.raises(FileNotFoundError):
        vision.MNIST(root=str(tmp_path))
    assert len(fetched) == 2


def test_mending_again_changes_nothing():
    before = vision.FashionMNIST._get_data
    mends.mend_fashion_mnist(lambda root, train: None)
    assert vision.FashionMNIST._get_data is before


def test_mxnet_imported_before_is_mended_too(fashion_mnist_folder):
    """On NumPy 1.23; on others that import fails, and a second one follows."""
    code = (
        "try: import mxnet\nexcept Exception: pass\n"
        "import dropout_gluon\n"
        "from mxnet.gluon.data.vision import FashionMNIST\n"
        "import sys; print('dropout_gluon.fashion_mnist' in sys.modules)\n"
        "print(len(FashionMNIST(train=False)))"
    )
    variables = {"DROPOUT_GLUON_DATA": str(fashion_mnist_folder), "PYTHONWARNINGS": "ignore"}
    assert printed(code, **variables) == "False\n10000\n"
