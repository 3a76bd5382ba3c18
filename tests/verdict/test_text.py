"""The text of a verdict: what it says, how wide it is, and that columns stand one below the other."""

import re
import unicodedata
from dataclasses import replace

import pytest
from places import REAL
from verdicts import notebook, row, verdict

from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.record import Refused
from dropout_gluon.verdict.saying import row_table
from dropout_gluon.verdict.views import to_text

SEVERAL = """
1 of 5 logs DIFFERS from the book's experiment (p = 0.0005, level 0.01)

nb.ipynb: 5 logs, ranked among 200 recorded runs of the reshuffled split
  1  cell 3   Drop probabilities 0.5 and 0.2                                  2 epochs   p = 0.23    matches
     its code sets drop_probs 0.5, 0.2
  2  cell 5                                                                   2 epochs   p = 0.0005  DIFFERS
     test accuracy is lower than in any of the 600 recorded runs at every epoch; is a run with this:
     probabilities swapped
  3  cell 7   A heading that ...ite quite quite quite quite quite quite long  1 epoch    p = 0.23    undecided
  4  cell 9                                                                   3 epochs   p = 0.23    cut short
     ended in an error: KeyboardInterrupt
  5  cell 11  从零开始实现 dropout                                            10 epochs  p = 0.23    matches

Undecided: it does not differ, but by itself it would show fewer than two in three bugs.
Cut short: what there is of it does not differ.
Logs 1 and 3-5 as one: matches, p = 0.36 (training curve p = 0.5; test curve p = 0.36, fits the reshuffled
split).
"""


def test_text_of_a_log_that_differs():
    one = row(
        "nb.ipynb, cell 7", off=-2.0, outcome="differs", p=0.0025, heading="Dropout", word="resembles",
        mistake="mask not rescaled", sets=(("drop_probs", "0.5, 0.2"),), remarks=("has 12 epochs",),
    )  # fmt: skip
    one = verdict("differs", [one], notes=("Of note.",))
    assert str(one) == (
        "DIFFERS from the book's experiment (p = 0.0025, level 0.01)\n"
        "\n"
        "nb.ipynb, cell 7 (Dropout)\n"
        "2 epochs, ranked among 200 recorded runs of the reshuffled split\n"
        "  training curve  p = 0.61\n"
        "  test curve      p = 0.0025  fits neither split\n"
        "  test accuracy is lower than in any of the 600 recorded runs at every epoch\n"
        "  resembles a run with this: mask not rescaled\n"
        "  its code sets drop_probs 0.5, 0.2\n"
        "  has 12 epochs\n"
        "\n"
        "Of note."
    )
    assert repr(one) == str(one)
    assert to_text(one) == f"{one}\n"


@pytest.mark.parametrize("outcome", ["matches", "undecided", "differs"])
def test_how_much_a_verdict_finds_is_said_where_it_found_nothing(outcome):
    one = verdict(outcome)
    said = f"Of logs with a planted bug, a verdict like this finds {one.power:.0%}."
    assert str(one).endswith(f"\n\n{said}") == (outcome != "differs")
    assert (said in to_text(one, table=True)) == (outcome != "differs")


def test_text_with_the_table_of_epochs():
    lines = to_text(verdict("differs"), table=True).splitlines()
    assert lines[7:11] == [
        "",
        "  epoch   loss                          train acc                     test acc",
        "      1   1.1400 [1.1700, 1.2500] low   0.5600 [0.5800, 0.6100] low   0.5700 [0.5850, 0.6150] low",
        "      2   0.5400 [0.5700, 0.6500] low   0.7600 [0.7800, 0.8100] low   0.7700 [0.7850, 0.8150] low",
    ]
    assert " ".join(lines[-3:]).endswith("1 in 20 values of a good run do, and neighbours move together.")
    several = to_text(notebook(3), table=True).splitlines()
    assert [line.split()[0] for line in several if re.match(r" +(epoch  |\d+   \d)", line)] == [
        "epoch", "1", "2", "epoch", "1", "2", "epoch", "1",
    ]  # fmt: skip
    for plain in (str(verdict("differs")), str(notebook(3))):
        assert "[" not in plain
        assert "1 in 20" not in plain


def test_text_of_several_logs_of_a_file():
    assert str(notebook(5)) == SEVERAL.strip()


def test_logs_of_several_files_have_their_whole_names():
    rows = [row("a.txt:1", file="a.txt"), row("folder/b.txt:17", file="folder/b.txt", heading="B")]
    lines = str(verdict(rows=rows)).splitlines()
    assert lines[2:5] == [
        "2 logs, ranked among 200 recorded runs of the reshuffled split",
        "  1  a.txt:1             2 epochs  p = 0.23  matches",
        "  2  folder/b.txt:17  B  2 epochs  p = 0.23  matches",
    ]


def test_logs_held_against_several_splits_say_which():
    rows = [row(), row(split="released", reference=199, remarks=("so",)), row(split="released")]
    lines = str(verdict(rows=rows)).splitlines()
    assert " ".join(lines[2:4]) == (
        "3 logs, ranked among 200 recorded runs of the reshuffled split and 199 to 200 recorded runs of the "
        "released split"
    )
    assert [line.strip() for line in lines[5:10:2]] == [
        "held against the reshuffled split", "so; held against the released split",
        "held against the released split",
    ]  # fmt: skip


def test_what_a_single_log_came_to_is_said_where_the_headline_does_not():
    for outcome, of_all, lines in (
        ("cut short", "undecided", ["cut short"]),
        ("undecided", "undecided", []),
        ("matches", "matches", []),
        ("matches", "undecided", ["matches"]),  # another one could not be read
    ):
        text = str(verdict(of_all, [row(outcome=outcome)]))
        assert re.findall("^  ([a-z ]+)$", text, re.MULTILINE) == lines


@pytest.mark.parametrize(("off", "mark"), [(-1.01, "low"), (-0.99, ""), (0.99, ""), (1.01, "high")])
def test_a_value_is_marked_where_it_lies_outside(off, mark):
    rows = to_text(verdict(rows=[row(off=off)]), table=True).splitlines()[8:10]
    for line in rows:
        assert re.findall(r"\] ?(low|high)?(?=  |$)", line) == [mark] * 3


def columns(line):
    """How wide a terminal shows it."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("length", [20, 67, 68, 200])
def test_the_name_of_the_file_is_whole(length):
    """So that it can be copied, and a terminal opens it: with blanks and hyphens in it, too."""
    file = f"/a folder/first-edition/{'x' * length}.txt"
    one = row(f"{file}:3", file=file, heading="A heading")
    lines = str(verdict(rows=[one])).splitlines()
    assert lines[2:4] in ([f"{file}:3 (A heading)", lines[3]], [f"{file}:3", "(A heading)"])
    assert (lines[3] == "(A heading)") == (len(lines[2]) > 80 - len(" (A heading)"))
    assert str(verdict(rows=[one, one])).splitlines()[2].startswith(f"{file}:")


@pytest.mark.parametrize("table", [False, True])
def test_text_is_at_most_110_wide(table):
    """But for the name of a file."""
    long, far = f"/very/long/folder/{'x' * 200}.txt", row("y" * 300, 10, 1e7, "differs", 0.00012)
    others = [
        row(f"{long}:{n}", 10, -900.0, heading=heading) for n, heading in enumerate(["h" * 80, "标" * 80])
    ]
    rows = [replace(one, file=long) for one in others]
    for shown, whole in (([far], 1), ([far, *others], 0), (rows, 1)):
        one = verdict("differs", shown, notes=("word " * 60, "z" * 300), refused=(Refused(long, long),))
        lines = to_text(one, table=table).splitlines()
        names = {"y" * 300, f"{long}:"} & set(lines)
        assert len(names) == whole
        assert max(columns(line) for line in lines if line not in names) <= 110
        assert sum(line.count("z") for line in lines) == 300
    assert sum("标" in line for line in lines) == 1


def test_a_line_does_not_end_within_a_p():
    lines = str(verdict("undecided")).splitlines()
    assert lines[:2] == [
        "UNDECIDED: nothing differs, but so little would hide many planted bugs",
        "(p = 0.23, level 0.01)",
    ]


def test_columns_of_a_table_stand_one_below_the_other_whatever_the_script():
    rows = [
        row("a", heading="从零开始"),
        row("b", heading="from scratch"),
        row("c", heading="e\u0301te\u0301"),
    ]
    lines = str(verdict(rows=rows)).splitlines()[3:6]
    assert {columns(line.partition("2 epochs")[0].replace("\u0301", "")) for line in lines} == {22}


def test_text_of_one_log_fits_a_screen():
    sets = (("drop_probs", "0.5, 0.2"), ("learning_rate", "0.1"), ("num_epochs", "12"))
    remarks = (
        "has 12 epochs, and was judged on the first 10",
        "ended in an error: KeyboardInterrupt " + "x" * 160,
    )
    full = row(
        "f/" * 30 + "nb.ipynb, cell 7", 10, -2.0, "differs", 0.0005, heading="A heading " + "h" * 70,
        word="is", mistake="mean of the loss divided by the batch size again", sets=sets, remarks=remarks,
    )  # fmt: skip
    files = ("below-all.txt", "keras.txt", "continued.txt")
    for one in (verdict("differs", [full]), *(compare(REAL / name) for name in files)):
        assert len(one.rows) == 1
        lines = str(one).splitlines()
        assert len(lines) <= 23  # and the prompt
        assert max(map(len, lines)) <= 80


def test_text_of_a_notebook_of_20_logs_is_a_line_or_few_a_log():
    one = notebook(20)
    lines = str(one).splitlines()
    assert len(lines) <= 3 * 20
    for number, log in enumerate(one.rows, 1):
        (line,) = [line for line in lines if re.match(rf" +{number}  {log.place} ", line)]
        assert log.p_text in line


@pytest.mark.parametrize(
    ("sources", "folder", "names"),
    [
        ([f"{'d' * 40}/sub/a.txt", f"{'d' * 40}/sub/b.txt"], f"{'d' * 40}/sub/: ", ["a.txt", "b.txt"]),
        ([f"{'d' * 40}/ab/1.txt", f"{'d' * 40}/ac/1.txt"], f"{'d' * 40}/: ", ["ab/1.txt", "ac/1.txt"]),
        (["short/a.txt", "short/b.txt"], "", ["short/a.txt", "short/b.txt"]),
        ([f"/{'x' * 40}", "/y"], "", ["/xxxxxxxxx..." + "x" * 27, "/y"]),
        ([f"{'x' * 40}/a", "run"], "", ["xxxxxxxxxx..." + "x" * 25 + "/a", "run"]),
    ],
)
def test_the_folder_of_long_names_is_said_once(sources, folder, names):
    one = verdict(rows=[row(source, file=source) for source in sources])
    lines = str(one).splitlines()
    assert lines[2] == f"{folder}2 logs, ranked among 200 recorded runs of the reshuffled split"
    assert [re.split("  +", line)[2] for line in lines[3:5]] == names
    assert [cells[1] for cells in row_table(one)[1:]] == names  # in all other views
