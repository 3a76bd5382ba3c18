"""Files that are written whole or not at all."""

import subprocess
import sys

from dropout_gluon.files import write_whole


def test_a_file_is_written_whole(tmp_path):
    target = tmp_path / "figure.png"
    target.write_bytes(b"old")
    with target.open("rb") as reader:
        write_whole(target, b"new")
        assert reader.read() == b"old", "who reads already goes on reading the old file, whole"
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]
    assert target.read_bytes() == b"new"


FULL = """
import resource, sys
from pathlib import Path
from dropout_gluon.files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_whole(Path(sys.argv[1]), b"x" * 2000)
"""


def test_a_disk_that_is_full_leaves_the_old_file_and_no_half_of_the_new(tmp_path):
    target = tmp_path / "log.json"
    target.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, str(target)], capture_output=True, text=True)
    assert done.stderr.endswith(f"dropout_gluon.errors.WriteError: cannot write {target}: File too large\n")
    assert [path.name for path in tmp_path.iterdir()] == ["log.json"]
    assert target.read_bytes() == b"old"
