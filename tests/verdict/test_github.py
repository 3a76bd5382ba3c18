"""The verdict as annotations of a GitHub Actions job."""

import pytest
from verdicts import REASON, SHOWN, UGLY, joint, notebook, row, verdict
from workflow import annotations

from dropout_gluon.verdict.record import Refused
from dropout_gluon.verdict.views import to_github


@pytest.mark.parametrize(
    ("outcome", "kind"), [("matches", "notice"), ("undecided", "warning"), ("differs", "error")]
)
def test_the_verdict_is_first(outcome, kind):
    one = verdict(outcome)
    first, *others = annotations(to_github(one))
    assert first == (kind, "", "", one.headline)
    assert others == ([("error", "log.txt", "1", f"differs, p = 0.0025: {REASON}")] if others else [])
    assert bool(others) == (outcome == "differs")


def test_logs_that_differ_or_are_cut_short_stand_at_their_places_the_most_unusual_first():
    rows = [
        row("a.txt:3", file="a.txt", outcome="differs", p=0.004),
        row("a.txt:20", file="a.txt"),
        row("nb.ipynb, cell 7", file="nb.ipynb", outcome="differs", p=0.0005),
        row(
            "runs.jsonl:2, cell 3", file="runs.jsonl", outcome="cut short", remarks=("ended in an error: E",)
        ),
        row("run 1", outcome="differs", p=0.006),
    ]
    assert [one[:3] for one in annotations(to_github(verdict("differs", rows)))[1:]] == [
        ("error", "nb.ipynb", ""),
        ("error", "a.txt", "3"),
        ("error", "run 1", ""),
        ("warning", "runs.jsonl", "2"),
    ]
    said = [one.said for one in annotations(to_github(verdict("differs", rows)))]
    assert said[1] == f"cell 7, log 3: differs, p = 0.0005: {REASON}"
    assert said[4] == "cell 3, log 4: cut short, p = 0.23: ended in an error: E"


def test_logs_as_one_stand_at_the_file_that_they_have_in_common():
    rows = [row("a.txt:3", file="a.txt"), row("a.txt:20", file="a.txt")]
    one = verdict("differs", rows, joint=(joint(p=0.001, differs=True, reason="they are off"),))
    said = "logs 1 and 2 as one: DIFFERS, p = 0.001; they are off"
    assert annotations(to_github(one))[1:] == [("error", "a.txt", "", said)]
    rows[1] = row("b.txt:20", file="b.txt")
    other = verdict("differs", rows, joint=one.joint)
    assert annotations(to_github(other))[1:] == [("error", "", "", said)]
    assert len(annotations(to_github(notebook(5)))) == 3  # where they match as one, nothing is said of that


@pytest.mark.parametrize(
    ("source", "where", "cell"),
    [
        ("gap.txt:4", ("gap.txt", "4"), ""),
        ("a:3:4", ("a:3", "4"), ""),
        ("nb.ipynb, cell 7", ("nb.ipynb", ""), "cell 7, "),
        ("runs.jsonl:2, cell 3", ("runs.jsonl", "2"), "cell 3, "),
        ("100%25,line=7::x.txt:4", ("100%25,line=7::x.txt", "4"), ""),
        (UGLY, (SHOWN, ""), ""),
    ],
)
def test_what_could_not_be_read_stands_at_its_place(source, where, cell):
    one = verdict("undecided", refused=(Refused(source, "epoch 5 where epoch 4 is due, 100%"),))
    said = f"{cell}not read: epoch 5 where epoch 4 is due, 100%"
    assert annotations(to_github(one))[1:] == [("error", *where, said)]


@pytest.mark.parametrize("ugly", [UGLY, "\n::error::x", "a\r::set-env name=A::b", "%0A::add-mask::a", "::"])
def test_nothing_in_a_log_is_a_command(ugly):
    log = row(ugly, file=ugly, outcome="differs", reason=ugly, heading=ugly, sets=((ugly, ugly),))
    as_one = joint(reason=ugly, differs=True)
    one = verdict("differs", [log, row()], joint=(as_one,), refused=(Refused(ugly, ugly),), notes=(ugly,))
    text = to_github(one)
    assert len(text.splitlines()) == len(annotations(text)) == 5
    assert text.replace("\n", "").isprintable()


def test_notes_are_notices():
    one = verdict("matches", [row("a.txt:3", file="a.txt")], notes=("a.txt:9 was not read.",))
    assert annotations(to_github(one))[1:] == [("notice", "", "", "a.txt:9 was not read.")]
