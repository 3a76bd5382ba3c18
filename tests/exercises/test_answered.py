"""An exercise asked: its runs are run once, its answer has all of its parts, and what goes wrong is one "
"line."""

from dataclasses import replace

import pytest
from exercises_at_hand import diverged, never_trained

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError, EnsembleError, LogError, StoreError
from dropout_gluon.exercises import answered, catalogue, drop_probs, record
from dropout_gluon.exercises.exercise import Answer, Exercise, Table
from dropout_gluon.plotting import new_figure
from dropout_gluon.runs.ensemble import expected_seconds
from dropout_gluon.runs.store import RunStore, read_store

TINY = {"num_train": 200, "batch_size": 100, "num_epochs": 1, "hidden_sizes": (9, 9)}
HEAD = {"hours": 1.25, "with": {"processor A, model B": 1}, "seeds": [1, 30], "command": "a command"}


def analyse(logs):
    accuracies = [log.epochs[-1].test_acc for log in logs if not log.failure]
    table = Table(
        "Test accuracy <b>", ("seed", "test"), tuple((str(i), f"{a:.4f}") for i, a in enumerate(accuracies))
    )
    return Answer((f"{len(logs)} runs & more.",), (table,), lambda: new_figure((2, 1)), len(logs))


@pytest.fixture
def tiny(monkeypatch):
    """An exercise of two runs, and a quick form of one."""
    made = Exercise(
        *("1", "A title", "A question?", "A design.", "A picture.", "A limit."),
        configs=lambda: [RunConfig(seed=seed, **TINY) for seed in (1, 2)],
        quick=lambda: [RunConfig(seed=1, **TINY)],
        analyse=analyse,
    )
    monkeypatch.setattr(drop_probs, "EXERCISE", made)
    return made


@pytest.mark.data
def test_what_is_there_is_not_run_again(tiny, tmp_path):
    store = tmp_path / "runs.jsonl"
    quick = answered.ask(1, store, quick=True, progress=False)
    assert quick.answer.runs == 1
    assert quick.source == f"1 run in {store}"
    assert quick.note.startswith("This is a small form, of 1 seed and 1 epochs on 200 training images")
    for view in (str(quick), quick.to_markdown("1.png"), quick._repr_html_()):
        assert quick.note in view
    first = store.read_bytes()
    whole = answered.ask("1", store, workers=1, progress=False)
    assert (whole.answer.runs, whole.note) == (2, "")
    assert store.read_bytes().startswith(first)
    again = answered.ask(1, store, progress=False).answer
    assert (again.text, again.tables) == (whole.answer.text, whole.answer.tables)
    assert len(read_store(store)) == 2


@pytest.mark.parametrize(("wild", "ends"), [(1, "1 run ends"), (5, "5 runs end")])
def test_which_runs_end_far_out_is_said_after_the_answer(monkeypatch, wild, ends):
    """In each view, whatever the exercise's analysis says; of many the first three are described."""
    logs = [
        never_trained(RunConfig(seed=seed), 0.87 - 0.5 * (seed <= wild) + seed / 1e4) for seed in range(1, 31)
    ]
    monkeypatch.setattr(record, "load", lambda name: (HEAD, logs))
    monkeypatch.setattr(record, "of", lambda configs, logs: logs)
    asked = replace(drop_probs.EXERCISE, configs=lambda: [logs[0].config], analyse=analyse)
    monkeypatch.setattr(drop_probs, "EXERCISE", asked)
    found = answered.exercise(1)
    assert found.wild.startswith(
        f"{ends} far from those like {'it' if wild == 1 else 'them'} in test accuracy, mean of the last 3 "
        "epochs: seed 1, 0.370 beside a median of 0.872"
    )
    assert found.wild.count("seed ") == min(wild, 3)
    assert ("; and 2 more. " in found.wild) == (wild == 5)
    for view in (str(found), found.to_markdown("1.png"), found._repr_html_()):
        assert view.count(found.wild) == 1
    others = [replace(log, config=replace(log.config, noise="gaussian")) for log in logs[wild:]]
    monkeypatch.setattr(record, "load", lambda name: (HEAD, [*logs, *others]))
    assert "last 3 epochs: noise=dropout, seed 1, 0.370" in answered.exercise(1).wild  # by what varies
    monkeypatch.setattr(record, "load", lambda name: (HEAD, logs[wild:]))
    assert answered.exercise(1).wild == ""


def test_where_an_answer_is_from_counts_the_epochs_that_were(tiny, monkeypatch):
    """Of a run that diverged those before."""
    configs = [RunConfig(seed=seed, num_epochs=5, measure=["norms"] * (seed == 1)) for seed in range(1, 6)]
    logs = [never_trained(config, 0.87) for config in configs]
    logs[1:3] = [diverged(logs[1], 3), diverged(logs[2], 4)]
    monkeypatch.setattr(drop_probs, "EXERCISE", replace(tiny, configs=lambda: configs))
    monkeypatch.setattr(record, "load", lambda name: (HEAD, logs))
    found = answered.exercise(1)
    assert found.source == (
        "5 runs, 20 epochs, 1.2 hours of a processor, seeds from 1, on A (family, model, stepping B). Made "
        "by: a command"
    )
    # What was measured is not what a run was.
    assert found.wild == "2 runs diverged and are in no mean: seed 2, in epoch 3; seed 3, in epoch 4."


def test_a_small_form_that_is_there_in_part_is_not_offered(tiny, monkeypatch):
    quick = [RunConfig(seed=seed, **TINY) for seed in (1, 2)]
    whole = [RunConfig(seed=seed, **TINY) for seed in (1, 2, 3)]
    monkeypatch.setattr(drop_probs, "EXERCISE", replace(tiny, configs=lambda: whole, quick=lambda: quick))
    for there, offered in ((1, False), (2, True)):
        logs = [never_trained(config, 0.8) for config in whole[:there]]
        monkeypatch.setattr(record, "load", lambda name, logs=logs: (HEAD, logs))
        with pytest.raises(LogError) as caught:
            answered.exercise(1)
        assert ("dropout-gluon exercise 1 --quick --recorded" in str(caught.value)) == offered


def test_a_small_form_says_how_small_from_the_least_to_the_most():
    logs = [
        never_trained(RunConfig(seed=1, num_epochs=epochs, num_train=images), 0.8)
        for epochs, images in ((40, 500), (8, 6000))
    ]
    assert "of 1 seed and 8 to 40 epochs on 500 to 6000 training images" in answered._small(logs)


def test_a_store_of_something_else_is_left_alone(tiny, tmp_path):
    store = tmp_path / "runs.jsonl"
    with RunStore(store) as opened:
        opened.append(never_trained(RunConfig(seed=77), 0.8))
    before = store.read_bytes()
    with pytest.raises(StoreError, match="has runs of something else than exercise 1: name another store"):
        answered.ask(1, store, progress=False)
    assert store.read_bytes() == before


@pytest.mark.data
def test_a_run_that_fails_is_one_line_and_the_others_are_kept(tiny, tmp_path, monkeypatch):
    configs = [RunConfig(seed=1, **TINY), RunConfig(seed=2, measure=["own_measurements:raises"], **TINY)]
    monkeypatch.setattr(drop_probs, "EXERCISE", replace(tiny, configs=lambda: configs))
    with pytest.raises(
        EnsembleError, match=r"1 run failed, the others are in .*: the measurement own_m"
    ) as caught:
        answered.ask(1, tmp_path / "runs.jsonl", progress=False)
    assert "\n" not in str(caught.value)
    assert len(read_store(tmp_path / "runs.jsonl")) == 1


@pytest.mark.data
def test_a_run_that_diverges_is_an_outcome(tiny, tmp_path, monkeypatch):
    bad = {**TINY, "hidden_sizes": (256, 256), "num_train": 6000, "learning_rate": 1e6, "sigma": 1}
    configs = [RunConfig(seed=1, **TINY), RunConfig(seed=2, **bad)]
    monkeypatch.setattr(drop_probs, "EXERCISE", replace(tiny, configs=lambda: configs))
    found = answered.ask(1, tmp_path / "runs.jsonl", progress=False)
    assert "1 run diverged and is in no mean: " in found.wild
    assert "learning_rate=1000000.0" in found.wild
    assert "seed 2, in epoch 1." in found.wild
    assert found.wild in str(found)


@pytest.mark.parametrize("name", [0, 9, "9", "noise", None, True, 1.0, "claim"])
def test_what_is_no_exercise_is_refused(name):
    with pytest.raises(ConfigError, match=r"an exercise (is one of 1, 2|must be a whole number from 1 to 8)"):
        answered.exercise(name)


def test_every_exercise_says_what_it_asks():
    assert list(catalogue.MODULES) == [*"12345678", "claims"]
    for name in catalogue.MODULES:
        one = catalogue.find(name)
        assert one.name == name
        assert all(text.endswith((".", "?")) for text in (one.question, one.design, one.shown, one.limits))
        configs, quick = one.configs(), one.quick()
        assert len(set(configs)) == len(configs) > 20
        assert len(quick) <= 20
        assert not {*configs} & {*quick}
        seconds = [2e-5 * run.num_epochs * (run.num_train + 10_000 / 3) for run in quick]
        assert sum(seconds) < 100  # of one core, at what the chapter's network takes an image


def test_an_answer_is_text_a_page_and_html(tiny):
    made = answered.Answered(tiny, analyse([never_trained(RunConfig(), 0.875)]), "somewhere")
    text = str(made)
    assert repr(made) == text  # which a notebook keeps beside the page
    for part in (
        "Exercise 1: A title",
        "A question?",
        "1 runs & more.",
        "0     0.8750",
        "Not shown: A limit.",
        "somewhere",
    ):
        assert part in text
    page = made.to_markdown("1.png")
    assert page.startswith(
        "# Exercise 1: A title\n\nA question?\n\n## Answer\n\n1 runs & more.\n\n![A title](1.png)\n\n"
        "*A picture.*"
    )
    assert "| seed | test |\n| --- | ---: |\n| 0 | 0.8750 |" in page
    shown = made._repr_html_()
    assert "1 runs &amp; more." in shown
    assert "Test accuracy &lt;b&gt;" in shown
    assert "data:image/png;base64," in shown
    assert made.figure is made.figure


def test_a_table_is_aligned():
    table = Table("Caption", ("name", "a"), (("long one", "1.5"), ("b", "10.25")))
    assert str(table) == "Caption\nname          a\nlong one    1.5\nb         10.25"


def test_where_no_answer_is_recorded_the_question_stands_alone(tiny):
    found = answered.answer_or_question(1)
    assert isinstance(found, answered.Question)
    assert str(found).startswith("Exercise 1: A title\n\nA question?\n\nNo answer is recorded yet. ")
    assert "dropout-gluon exercise 1 makes one, of 2 runs" in str(found)
    shown = found._repr_html_()
    assert "<h3>Exercise 1: A title</h3>" in shown
    assert found.how in shown
    with pytest.raises(ConfigError, match="whole number from 1 to 8"):
        answered.answer_or_question(9)


def test_what_is_not_recorded_says_what_makes_it_and_how_long_that_takes(tiny, monkeypatch):
    monkeypatch.setattr(answered, "default_workers", lambda: 2)
    many = [RunConfig(seed=seed, num_epochs=20) for seed in range(1, 101)]
    monkeypatch.setattr(drop_probs, "EXERCISE", replace(tiny, configs=lambda: many))
    with pytest.raises(LogError) as caught:
        answered.exercise(1)
    assert str(caught.value) == (
        "the answer to exercise 1 is not recorded: dropout-gluon exercise 1 makes it in about 35 min, of 100 "
        "runs and 2,000 epochs; --quick a small form in a minute"
    )
    assert answered.standing(1) == "nothing recorded; all is 100 runs, about 35 min"
    others = [one for name in catalogue.MODULES if name != "1" for one in catalogue.find(name).configs()]
    hours = sum(map(expected_seconds, [*many, *others])) / 2 / 3600
    assert answered.all_of_them() == f"{100 + len(others):,} runs, about {hours:.1f} h"


def test_an_exercise_is_called_what_it_is():
    assert [catalogue.find(name).called for name in ("1", "claims")] == ["exercise 1", "the claims"]


def test_where_an_answer_is_recorded_it_is_given():
    assert str(answered.answer_or_question(3)) == str(answered.exercise(3))


def test_a_prompt_and_a_notebook_read_as_text_show_words_not_objects():
    found = answered.exercise("3")
    assert repr(found) == str(found)
    assert " at 0x" not in repr(found)
