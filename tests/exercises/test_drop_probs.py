"""Exercise 1: differences that were planted come out, with their sign and in words."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from exercises_at_hand import failed, never_trained, without

from dropout_gluon.exercises import drop_probs
from dropout_gluon.exercises.drop_probs import BOOKS, EXERCISE, SWAPPED
from dropout_gluon.exercises.effects import estimate
from dropout_gluon.plotting import png


def logs(gain=0.01, configs=EXERCISE.configs):
    """Runs in which the chapter's order is better by so much, and each drop of 0.2 costs a thousandth."""
    made = []
    for config in configs():
        rng = np.random.default_rng([config.seed, config.num_epochs])
        level = 0.87 + 0.01 * rng.normal() - 0.005 * sum(config.drop_probs)  # shared by the seed
        own = np.random.default_rng([config.seed, int(100 * config.drop_probs[0])])
        swapped = gain if config.drop_probs == SWAPPED else 0
        made.append(never_trained(config, level - swapped + 0.0005 * own.normal(size=config.num_epochs)))
    return made


def grid(table):
    """First and second drop probability, as the table has them -> cell."""
    return {(row[0], column): cell for row in table.rows for column, cell in zip(table.head[1:], row[1:])}


def test_the_design_is_as_stated():
    configs = EXERCISE.configs()
    assert len(set(configs)) == len(configs)
    cells = Counter((config.drop_probs, config.num_epochs) for config in configs)
    assert cells.pop((BOOKS, 10)) == cells.pop((SWAPPED, 10)) == 40
    assert cells.pop((BOOKS, 60)) == cells.pop((SWAPPED, 60)) == 40
    assert set(cells.values()) == {10}
    assert len(cells) == 25
    assert sum(config.num_train * config.num_epochs for config in EXERCISE.quick()) < 1e6


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (0.01, ("it is lower by 0.01", "it is lower by 0.01", "it is borne out after 10 and 60 epochs.")),
        (-0.01, ("it is higher by 0.01", "it is higher by 0.01", "the reverse is borne out after 10 and")),
        (
            0,
            (
                "10 epochs, no difference shows",
                "60 epochs, no difference shows",
                "0.5 no difference shows after 10 and",
            ),
        ),
    ],
)
def test_a_swap_that_costs_so_much_is_said_to(gain, words):
    answer = EXERCISE.analyse(logs(gain))
    for word in words:
        assert word in answer.text[1]
    for row in answer.tables[2].rows:
        assert row[1] == "40"
        assert float(row[4].split()[0]) == pytest.approx(gain, abs=0.0005)
    assert answer.runs == 410


def test_cells_that_differ_from_the_chapters_are_marked():
    table = EXERCISE.analyse(logs()).tables[0]
    cells = grid(table)
    assert len(cells) == 25
    assert cells["0", "0"].endswith("▲")
    assert cells["0.8", "0.8"].endswith("▼")
    # 0.2 and 0.4 are 0.6 together, the chapter's 0.7: half a thousandth apart, in ten seeds of 0.0003.
    assert float(cells["0", "0"].split()[0]) > float(cells["0.2", "0.4"].split()[0])


def test_a_difference_is_of_pairs_of_one_seed():
    """Unpaired, seeds that differ by 0.01 would hide it; and a seed that one arm lacks does not count."""
    few = [log for log in logs(0.003) if log.config.seed < 12]
    few = without(few, drop_probs=SWAPPED, seed=3)
    few.append(failed(next(log for log in logs() if log.config == few[0].config)))
    for row in EXERCISE.analyse(few).tables[2].rows:
        assert row[1] == "10"
        assert float(row[4].split()[0]) == pytest.approx(0.003, abs=0.0005)
        assert row[5] == "< 0.0001"


def test_the_figure_is_drawn_of_whatever_is_there():
    for some in (
        logs(),
        logs(configs=EXERCISE.quick),
        [log for log in logs() if log.config.num_epochs == 10],
    ):
        assert png(EXERCISE.analyse(some).draw()).startswith(b"\x89PNG")


def test_the_sign_is_that_of_the_chapters_order():
    assert drop_probs._swap(logs(0.01), 10).mean > 0 > drop_probs._swap(logs(-0.01), 10).mean


def test_one_length_for_and_one_against_are_named():
    made = [log for log in logs(0.01) if log.config.num_epochs == 10]
    made += [log for log in logs(-0.01) if log.config.num_epochs == 60]
    text = EXERCISE.analyse(made).text[1]
    assert text.endswith("it is borne out after 10 epochs, and the reverse is borne out after 60 epochs.")


def test_pairs_and_their_mirror_images():
    """In runs where the first layer's drop costs as much as the second's, none; where it costs more, all."""
    answer = EXERCISE.analyse(logs())
    assert answer.text[2].startswith("Of the grid's 10 pairs that can be turned round, after 10 epochs,")
    assert "better in none and worse in none" in answer.text[2]
    assert [row[0] for row in answer.tables[3].rows][:2] == ["0 and 0.2", "0 and 0.4"]
    for sign, words in (
        (1, "better in 10 (0 and 0.2; "),
        (-1, "better in none and worse in 10 (0 and 0.2; "),
    ):
        dearer = [
            never_trained(
                log.config,
                np.array([epoch.test_acc for epoch in log.epochs]) - sign * 0.05 * log.config.drop_probs[0],
            )
            for log in logs()
        ]
        turned = EXERCISE.analyse(dearer)
        assert words in turned.text[2]
        assert all(sign * float(row[2].split()[0]) > 0 for row in turned.tables[3].rows)


def test_differences_from_the_chapter_are_in_a_table():
    answer = EXERCISE.analyse(logs())
    table = answer.tables[1]
    cells = grid(table)
    assert float(cells["0", "0"].split()[0]) == pytest.approx(0.0035, abs=0.0005)
    assert cells["0", "0"].endswith("(p < 0.0001)")
    assert "at 0 and 0, at the edge of the grid: +0.003" in answer.text[0]
    assert "Of the 25, 10 (0 and 0; 0 and 0.2; " in answer.text[0]
    assert answer.text[0].endswith(
        " are higher than the chapter's and 15 are lower, all comparisons counted."
    )


def dearer():
    """Runs in which a drop in the first layer costs ten times as much; all of a pair and length alike."""
    return [
        never_trained(
            log.config,
            0.9 - 0.05 * log.config.drop_probs[0] - 0.005 * log.config.drop_probs[1]
            + (0.02 if log.config.num_epochs == 60 else 0) + 1e-5 * log.config.seed,
        )
        for log in logs()
    ]  # fmt: skip


def test_each_pair_stands_in_its_own_cell():
    answer = EXERCISE.analyse(dearer())
    cells = grid(answer.tables[0])
    assert float(cells["0", "0.8"].split()[0]) == pytest.approx(0.896, abs=2e-4)
    assert float(cells["0.8", "0"].split()[0]) == pytest.approx(0.860, abs=2e-4)
    shown = answer.draw().axes[0].images[0].get_array()
    assert shown[0, 4] == pytest.approx(0.896, abs=2e-4)
    assert shown[4, 0] == pytest.approx(0.860, abs=2e-4)


def test_the_text_has_the_chapters_own_mean_and_the_lowest_pair():
    text = EXERCISE.analyse(dearer()).text[0]
    assert text.startswith("After 10 epochs the test accuracy is 0.8877 ± ")
    assert ", at 0.8 and 0.8. Of the 25, " in text


def test_the_swaps_table_has_the_arms_of_each_length():
    short, long = EXERCISE.analyse(dearer()).tables[2].rows
    means = [[float(cell.split()[0]) for cell in row[2:4]] for row in (short, long)]
    assert means[0] == pytest.approx([0.8877, 0.8742], abs=2e-4)
    assert means[1] == pytest.approx([0.9077, 0.8942], abs=2e-4)


def test_the_figures_lines_are_the_chapters_order_less_the_swapped():
    axes = EXERCISE.analyse(logs(0.01)).draw().axes[1]
    lengths = {len(line.get_xdata()): line for line in axes.lines if len(line.get_xdata()) > 2}
    assert sorted(lengths) == [10, 60]
    for length, line in lengths.items():
        assert line.get_ydata() == pytest.approx(np.full(length, 0.01), abs=0.001)
        assert line.get_label() == f"runs of {length} epochs, 40 seeds"


@pytest.mark.parametrize(
    ("best", "edge"), [((0.2, 0.4), False), ((0.6, 0.6), False), ((0.2, 0.8), True), ((0.8, 0.2), True)]
)
def test_the_edge_of_the_grid_is_said(best, edge):
    made = [
        never_trained(log.config, 0.95 + 1e-5 * log.config.seed) if log.config.drop_probs == best else log
        for log in logs()
    ]
    assert ("at the edge of the grid" in EXERCISE.analyse(made).text[0]) == edge


def test_all_comparisons_are_named_where_they_alone_decide():
    """A swap whose own interval lies above 0 is not shown, once adjusted; of another's 0 is inside."""
    alone = replace(estimate([0.001, 0.0012, 0.0008, 0.0011]), p=0.07)
    inside = replace(estimate([0.001, -0.0012, 0.0008]), p=0.9)
    assert alone.low > 0
    assert inside.low < 0 < inside.high
    text = drop_probs._swap_text({10: alone, 60: inside}, {}, 10)[0]
    assert "Swapped, after 10 epochs, no difference shows, all comparisons counted (95%" in text
    assert "Swapped, after 60 epochs, no difference shows (95%" in text
