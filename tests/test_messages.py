"""Values, names and lists in a sentence."""

import pytest

from dropout_gluon.messages import listed, named


def test_a_list_has_one_and():
    assert listed(["A"]) == "A"
    assert listed(["A", "B"]) == "A and B"
    assert listed("ABCD") == "A, B, C and D"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a log.txt", "a log.txt"),
        ("größe.txt", "größe.txt"),
        ("a\nb", r"'a\nb'"),
        ("\x1b[31mred", r"'\x1b[31mred'"),
        ("", "''"),
        ("byte\udcff", "byte\udcff"),  # the terminal gets the byte back
    ],
)
def test_a_name_is_one_printable_line(path, name):
    assert named(path) == name
