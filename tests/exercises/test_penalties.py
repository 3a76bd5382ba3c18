"""Exercise 6: the best cells are chosen on some seeds, judged on others, and compared with the right ones."""

import dataclasses

import pytest
from exercises_at_hand import drawn, failed, without

from dropout_gluon.exercises import penalties, record
from dropout_gluon.exercises.penalties import CHOOSING, DECAYS, EXERCISE, JUDGED, JUDGING, PAIRS
from dropout_gluon.plotting import png

BEST_DECAY, BEST_PAIR = 1e-3, (0.2, 0.5)


def planted(decay=0.006, dropout=0.004, both=0.003, best=(BEST_DECAY, BEST_PAIR)):
    """Test accuracies with a best weight decay, a best pair, and what they add together."""

    def test(config):
        gain_of_decay = decay * (config.weight_decay == best[0]) + 0.001 * bool(config.weight_decay)
        gain_of_pair = dropout * (config.drop_probs == best[1]) + 0.001 * any(config.drop_probs)
        return 0.85 + gain_of_decay + gain_of_pair + both * bool(gain_of_decay and gain_of_pair)

    return test


def every():
    """All cells on all seeds, so that whatever a test plants can be chosen and judged."""
    return [
        dataclasses.replace(config, seed=seed)
        for config in EXERCISE.configs()
        if config.seed == 1
        for seed in (*CHOOSING, *JUDGING)
    ]


@pytest.fixture(scope="module")
def logs():
    return drawn(every(), planted())


@pytest.fixture(scope="module")
def answer(logs):
    return EXERCISE.analyse(logs)


def differences(answer):
    return {row[0]: row for row in answer.tables[1].rows}


def test_twelve_seeds_choose_and_sixteen_judge_four_cells():
    configs = EXERCISE.configs()
    assert len(configs) == len({config.digest for config in configs}) == 5 * 4 * 12 + 4 * 16
    for decay in DECAYS:
        for pair in PAIRS:
            seeds = [c.seed for c in configs if (c.weight_decay, c.drop_probs) == (decay, pair)]
            judging = JUDGING if (decay, pair) in JUDGED else []
            assert seeds == [*CHOOSING, *judging]
    assert not {*CHOOSING} & {*JUDGING}
    assert {(c.num_train, c.num_epochs, c.implementation) for c in configs} == {(6000, 60, "gluon")}


def test_the_record_chose_the_cells_that_are_judged():
    """Of all cells, on the seeds that choose alone."""
    configs = [config for config in EXERCISE.configs() if config.seed in CHOOSING]
    choosing = penalties._arms(record.of(configs, record.load("6")[1]))
    assert len(choosing) == 20
    best = penalties._best(choosing, choosing)
    assert {one.place for one in best.values()} == {*JUDGED}
    assert len(best) == 4


def test_quick_is_small():
    configs = EXERCISE.quick()
    assert len(configs) == 18
    assert sum(c.num_train * c.num_epochs for c in configs) < 20 * 60_000
    assert not {c.digest for c in configs} & {c.digest for c in EXERCISE.configs()}


def test_the_best_cells_come_out(answer):
    assert answer.text[0] == (
        "The best cells, as 12 seeds chose them: dropout alone at 0.2 and 0.5; weight decay alone at 0.001; "
        "both at 0.001 with 0.2 and 0.5. None lies at the largest values of the grid."
    )
    rows = {row[0]: row[1:] for row in answer.tables[0].rows}
    marked = [(decay, place) for decay, row in rows.items() for place, cell in enumerate(row) if "*" in cell]
    assert marked == [("0", 1), ("0.001", 0), ("0.001", 1)]
    assert rows["0"][0].startswith("0.85")


def test_comparisons_come_out_on_the_other_seeds(answer):
    found = {name: (row[1], float(row[4].split()[0])) for name, row in differences(answer).items()}
    planted = {
        "dropout alone less without either": 0.005,
        "weight decay alone less without either": 0.007,
        "both less without either": 0.015,
        "weight decay alone less dropout alone": 0.002,
        "both less dropout alone": 0.010,
        "both less weight decay alone": 0.008,
    }
    assert {name: gain for name, (_, gain) in found.items()} == pytest.approx(planted, abs=0.0006)
    assert {seeds for seeds, _ in found.values()} == {"16"}
    for cells in answer.tables[1].rows:
        row = dict(zip(answer.tables[1].head, cells))
        first, second, apart = (float(row[name].split()[0]) for name in ("first", "second", "difference"))
        assert first - second == pytest.approx(apart, abs=0.0002)
    assert "With both, the test accuracy is higher by 0.01" in answer.text[1]
    assert "With weight decay alone, the test accuracy is higher by 0.00" in answer.text[2]
    assert answer.text[2].endswith("So both together are better than either alone: each adds to the other.")


def test_the_choice_does_not_flatter():
    """Where the seeds that choose were lucky, those that judge show no gain."""

    def lucky(config):
        return 0.85 + 0.05 * (config.seed in CHOOSING and config.weight_decay == 3e-4)

    answer = EXERCISE.analyse(drawn(every(), lucky, scatter=0.001))
    assert "weight decay alone at 0.0003" in answer.text[0]
    row = dict(zip(answer.tables[1].head, differences(answer)["weight decay alone less without either"]))
    assert abs(float(row["difference"].split()[0])) < 0.002
    for arm in ("first", "second"):  # the means are those of the seeds that judge, the grid's of the others
        assert float(row[arm].split()[0]) == pytest.approx(0.85, abs=0.003)
    chosen = {line[0]: line[1] for line in answer.tables[0].rows}["0.0003"]
    assert float(chosen.split()[0]) == pytest.approx(0.9, abs=0.003)
    assert "seeds that did not choose them (12 did)" in answer.tables[1].caption
    assert "the test accuracy cannot be told from that without either" in answer.text[1]
    assert answer.text[2].endswith("That both together are better than either alone does not show.")


def test_better_than_either_is_better_than_each():
    """Shown above one alone, and above the other on average only, it is not."""
    shown, not_shown = penalties.estimate([0.01, 0.011, 0.012]), penalties.estimate([0.01, -0.009, 0.002])
    assert shown.shows
    assert not_shown.mean > 0
    for over_dropout, over_decay, said in (
        (
            not_shown,
            shown,
            "So dropout adds to weight decay; that weight decay adds to dropout does not show.",
        ),
        (
            shown,
            not_shown,
            "So weight decay adds to dropout; that dropout adds to weight decay does not show.",
        ),
        (not_shown, not_shown, "That both together are better than either alone does not show."),
    ):
        over = {
            (penalties.BOTH, penalties.DROPOUT): over_dropout,
            (penalties.BOTH, penalties.DECAY): over_decay,
        }
        assert penalties._verdict(over) == said


def test_cells_that_no_seed_judges_are_not_chosen():
    """On another machine two cells that are all but equal may change places."""
    near = planted(decay=0, dropout=0.004, both=0, best=(1e-4, (0.2, 0.5)))
    answer = EXERCISE.analyse(drawn(EXERCISE.configs(), near))
    assert "dropout alone at 0.5 and 0.5;" in answer.text[0]
    assert {row[1] for row in differences(answer).values()} == {"16"}


def test_an_edge_is_said():
    edges = {
        (DECAYS[-1], PAIRS[1]): "That of weight decay alone and both lies at the edge",
        (DECAYS[1], PAIRS[-1]): "That of dropout alone and both lies at the edge",
        (DECAYS[1], PAIRS[1]): "None lies at the largest values of the grid.",
    }
    for best, words in edges.items():
        assert words in EXERCISE.analyse(drawn(every(), planted(best=best))).text[0]


def test_both_may_be_worse():
    answer = EXERCISE.analyse(drawn(every(), planted(both=-0.012)))
    assert answer.text[2].endswith("So both together are worse than dropout alone and weight decay alone.")
    assert "With both, the test accuracy is lower by 0.0" in answer.text[2]


def test_differences_are_seed_by_seed(logs):
    exact = drawn([log.config for log in logs], planted(), scatter=0)
    lost = without(exact, seed=20, weight_decay=0.0, drop_probs=(0.0, 0.0))
    rows = differences(EXERCISE.analyse(lost))
    assert [row[1] for row in rows.values()] == ["15", "15", "15", "16", "16", "16"]
    assert all(row[4].endswith("± 0.0000") for row in rows.values())


def test_lost_cells_and_seeds_are_left_out(logs):
    lost = without(logs, weight_decay=1e-3, drop_probs=(0.2, 0.5))
    lost = without(lost, seed=1, weight_decay=1e-3, drop_probs=(0.0, 0.0))
    lost = [failed(log) if log.config.seed == 12 else log for log in lost]
    answer = EXERCISE.analyse(lost)
    assert "weight decay alone at 0.001;" not in answer.text[0]  # a choosing seed lacks it
    assert (answer.tables[0].rows[3][0], answer.tables[0].rows[3][2]) == ("0.001", "")
    assert png(answer.draw())
    without_both = [log for log in logs if not (log.config.weight_decay and any(log.config.drop_probs))]
    answer = EXERCISE.analyse(without_both)
    assert [*differences(answer)] == [
        "dropout alone less without either",
        "weight decay alone less without either",
        "weight decay alone less dropout alone",
    ]
    assert png(answer.draw())


def test_the_figure_shows_cells_and_comparisons(answer):
    left, right = answer.draw().axes
    assert left.get_xlabel() == "Weight decay"
    assert [label.get_text() for label in left.get_xticklabels()] == [
        "0",
        "0.0001",
        "0.0003",
        "0.001",
        "0.003",
    ]
    lines = [line for line in left.lines if len(line.get_xdata()) == 5 and line.get_linestyle() != "None"]
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines}) == 4
    table = answer.tables[0]
    boxes = {box.get_label(): box.lines[0].get_ydata() for box in left.containers}
    for place, pair in enumerate(table.head[1:], 1):
        assert boxes[pair] == pytest.approx([float(row[place].split()[0]) for row in table.rows], abs=6e-5)
    assert right.get_yticklabels()[0].get_text() == "dropout\nless neither"
    assert right.get_xlabel().startswith("Difference of test accuracy")


def test_quick_is_digested_and_drawn():
    answer = EXERCISE.analyse(drawn(EXERCISE.quick(), planted()))
    assert answer.text[0].startswith("The best cells, as one seed chose them:")
    assert {row[1] for row in answer.tables[1].rows} == {"2"}
    assert png(answer.draw())


def test_the_design_names_the_seeds():
    assert (len(CHOOSING), len(JUDGING)) == (12, 16)
    assert "twelve seeds a cell" in EXERCISE.design
    assert "Sixteen other seeds" in EXERCISE.design
