"""After `import dropout_gluon` a plain `import mxnet` works: in every order, and at no cost until then."""

import multiprocessing
import subprocess
import sys

import pytest
from fresh import printed, python

from dropout_gluon.machine import processors

ORDERS = {
    "the chapter's own lines": (
        "import dropout_gluon as gb\nfrom mxnet import autograd, gluon, init, nd\n"
        "from mxnet.gluon import loss, nn"
    ),
    "a submodule first": "import dropout_gluon\nimport mxnet.ndarray as nd",
    "MXNet by the door first": "from dropout_gluon import nd\nimport mxnet",
    "the package twice": (
        "import dropout_gluon, importlib, sys\nimportlib.reload(dropout_gluon)\n"
        "sys.modules.pop('dropout_gluon.compat.hook')\nimportlib.reload(dropout_gluon)\n"
        "import mxnet\nimportlib.reload(mxnet)\nfrom mxnet import nd"
    ),
    "threads at once": (
        "import dropout_gluon, threading\n"
        "threads = [threading.Thread(target=__import__, args=('mxnet',)) for _ in range(4)]\n"
        "[thread.start() for thread in threads]\n[thread.join() for thread in threads]\nfrom mxnet import nd"
    ),
    "after a failure": (
        "import sys\nsys.modules['mxnet.gluon'] = None\nimport dropout_gluon\n"
        "try: import mxnet; print('imported')\n"
        "except ImportError: del sys.modules['mxnet.gluon']\nfrom mxnet import nd"
    ),
    "after MXNet's own failure, where it fails": (
        "try: import mxnet\nexcept Exception: pass\nimport dropout_gluon\nfrom mxnet import nd"
    ),
}


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_works_even_where_warnings_are_errors(order):
    """Scalars of NumPy in a shape: what NumPy 2 breaks and the package mends."""
    code = f"{ORDERS[order]}\nimport numpy\nprint(nd.ones((numpy.int64(1), 2)).asnumpy().tolist())"
    # The advice on a slow kernel is no error here. Python drops an option that PYTHONWARNINGS has already.
    advice = "ignore:MXNet's OpenBLAS does not know"
    assert printed(code, "-W", "error", "-W", advice) == "[[1.0, 1.0]]\n"


def test_a_finder_that_was_put_before_ours_is_overtaken_at_the_door():
    """Tools that wrap Python's own finder put theirs first."""
    code = (
        "import dropout_gluon as gb, sys\n"
        "from importlib.machinery import PathFinder\n"
        "class First:\n"
        "    def find_spec(self, *names): return PathFinder.find_spec(*names)\n"
        "sys.meta_path.insert(0, First())\n"
        "print(float(gb.nd.ones((1, 1)).asscalar()), [type(f).__name__ for f in sys.meta_path][:2])"
    )
    assert printed(code) == "1.0 ['Finder', 'First']\n"


@pytest.mark.parametrize("stand_in", ["unittest.mock.MagicMock()", "types.SimpleNamespace()", "None"])
def test_what_stands_for_mxnet_in_somebodys_tests_is_left_alone(stand_in):
    code = (
        "import sys, types, unittest.mock\n"
        f"sys.modules['mxnet'] = {stand_in}\n"
        "import dropout_gluon; print('numpy' in sys.modules)"
    )
    assert printed(code) == "False\n"


def test_two_specs_of_mxnet_are_equal():
    code = (
        "import dropout_gluon, pickle; from importlib.util import find_spec\n"
        "spec = find_spec('mxnet'); again = pickle.loads(pickle.dumps(spec))\n"
        "print(spec == find_spec('mxnet'), spec == again)"
    )
    assert printed(code) == "True True\n"


def test_worker_processes_of_every_kind(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing, sys\nimport dropout_gluon as gb\n\n"
        "def work(x):\n    from mxnet import nd\n    return float(nd.array([x]).asscalar())\n\n"
        "if __name__ == '__main__':\n"
        "    for method in multiprocessing.get_all_start_methods():\n"
        "        with multiprocessing.get_context(method).Pool(1) as pool:\n"
        "            print(pool.map(work, [2]))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    kinds = len(multiprocessing.get_all_start_methods())
    assert (done.stdout, done.stderr) == ("[2.0]\n" * kinds, "")


def test_importing_the_package_loads_nothing_of_it():
    code = (
        "import sys; before = set(sys.modules); import dropout_gluon\n"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('dropout_gluon')))\n"
        "print(sorted(name for name in sys.modules if name.startswith('dropout_gluon')))"
    )
    others, ours = printed(code).splitlines()
    assert not {"mxnet", "numpy", "importlib.abc"} & set(eval(others))
    assert eval(ours) == ["dropout_gluon", "dropout_gluon.compat", "dropout_gluon.compat.hook"]


def test_who_looks_at_the_module_sees_its_own_loader():
    code = (
        "import dropout_gluon, importlib.util, importlib.resources\n"
        "spec = importlib.util.find_spec('mxnet')\n"
        "print(spec.loader.get_filename('mxnet') == spec.origin)\n"
        "import mxnet\n"
        "print(type(mxnet.__loader__).__name__, mxnet.__spec__.loader is mxnet.__loader__)\n"
        "print(importlib.resources.files('mxnet').joinpath('libinfo.py').is_file())"
    )
    assert printed(code) == "True\nSourceFileLoader True\nTrue\n"


def test_a_missing_mxnet_is_missing():
    code = (
        "import dropout_gluon, importlib.util, sys\n"
        "sys.path = [folder for folder in sys.path if 'site-packages' not in folder]\n"
        "print(importlib.util.find_spec('mxnet'))\n"
        "try: import mxnet\nexcept ModuleNotFoundError as error: print(error)"
    )
    assert printed(code) == "None\nNo module named 'mxnet'\n"


def test_a_folder_of_that_name_is_no_mxnet(tmp_path):
    """A namespace package has no loader that executes anything."""
    (tmp_path / "mxnet").mkdir()
    code = (
        "import dropout_gluon, sys\n"
        f"sys.path = [{str(tmp_path)!r}]\n"
        "import mxnet; print(mxnet.__path__._path if hasattr(mxnet.__path__, '_path') else mxnet.__path__)"
    )
    assert str(tmp_path / "mxnet") in printed(code)


NONE = {"OMP_NUM_THREADS": None, "OMP_WAIT_POLICY": None, "GOMP_SPINCOUNT": None}
THREADS = (
    "import ctypes, os; before = dict(os.environ)\n"
    "import dropout_gluon, mxnet; from dropout_gluon.compat import hook\n"
    "openmp = ctypes.CDLL(mxnet.libinfo.find_lib_path()[0])\n"
    "print(hook.threads(), openmp.omp_get_max_threads(), dict(os.environ) == before)"
)


@pytest.mark.parametrize(
    ("variables", "threads", "policy", "spins"),
    [
        ({}, str(processors()), "ACTIVE", "300000"),
        ({"OMP_NUM_THREADS": "3"}, "3", "ACTIVE", "300000"),
        ({"OMP_WAIT_POLICY": "passive"}, str(processors()), "PASSIVE", "0"),
        ({"GOMP_SPINCOUNT": "17"}, str(processors()), "PASSIVE", "17"),
    ],
)
def test_threads_are_set_unless_the_user_has_and_the_environment_stays(variables, threads, policy, spins):
    """OpenMP says itself what it has read."""
    done = python(THREADS, **{**NONE, **variables, "OMP_DISPLAY_ENV": "verbose"})
    assert done.stdout.split() == [threads, threads, "True"]
    assert f"OMP_WAIT_POLICY = '{policy}'" in done.stderr
    assert f"GOMP_SPINCOUNT = '{spins}'" in done.stderr


def test_what_is_started_after_mxnet_inherits_none_of_it():
    code = (
        "import dropout_gluon, mxnet, subprocess, sys\n"
        'show = \'import os; print([name for name in os.environ if name[:4] in ("OMP_", "GOMP")])\'\n'
        "subprocess.run([sys.executable, '-c', show], check=True)"
    )
    assert printed(code, **NONE) == "[]\n"


def test_an_import_that_fails_takes_the_environment_back(tmp_path):
    (tmp_path / "mxnet").mkdir()
    (tmp_path / "mxnet" / "__init__.py").write_text("import os; print(os.environ['OMP_WAIT_POLICY']); 1 / 0")
    code = (
        "import os; before = dict(os.environ)\nimport sys, dropout_gluon\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "try: import mxnet\nexcept ZeroDivisionError: print(dict(os.environ) == before)"
    )
    assert printed(code, **NONE) == "active\nTrue\n"


def test_what_an_import_that_failed_has_loaded_is_where_it_belongs():
    """As on NumPy 2, where MXNet is imported before the package: modules that are loaded stay so."""
    code = (
        "import sys, numpy as np\n"
        "class Fails:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'mxnet.gluon': 1 / 0\n"
        "sys.meta_path.insert(0, Fails())\n"
        "if hasattr(np, 'PZERO'):  # else it fails by itself, and no earlier\n"
        "    np.bool = bool\n"
        "try: import mxnet\n"
        "except Exception: del sys.meta_path[0]\n"
        "print('mxnet' in sys.modules, 'mxnet.util' in sys.modules)\n"
        "import dropout_gluon, mxnet as mx\n"
        "print(mx.util.is_np_array(), mx.context.cpu())\n"
        "with mx.autograd.record(): print(mx.autograd.is_training())"
    )
    assert printed(code, **NONE) == "False True\nFalse cpu(0)\nTrue\n"


def test_with_several_engine_workers_the_threads_are_left_alone():
    """Together they would spin for ever."""
    code = "import dropout_gluon, mxnet; from dropout_gluon.compat import hook; print(repr(hook.threads()))"
    assert printed(code, **NONE, MXNET_CPU_WORKER_NTHREADS="2") == "''\n"
