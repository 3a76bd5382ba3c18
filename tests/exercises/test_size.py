"""Exercise 5: what is planted in runs of several sizes comes out, in words, tables and figure."""

import re
from math import log2, log10

import numpy as np
import pytest
from exercises_at_hand import drawn, failed, without
from scipy import stats

from dropout_gluon.exercises import size
from dropout_gluon.exercises.effects import late
from dropout_gluon.exercises.size import DROPPED, EXERCISE, LENGTHS, PLAIN, SEEDS, WIDTHS
from dropout_gluon.plotting import png


def growing(width=0.002, images=-0.004, base=0.01):
    """Test accuracies whose gain by dropout changes with a doubling of the width, and a tenfold of images."""

    def test(config):
        place = log2(config.hidden_sizes[0] / 64), log10(config.num_train / 1000)
        gain = base + width * place[0] + images * place[1]
        return 0.8 + 0.002 * place[0] + 0.03 * place[1] + gain * (config.drop_probs == DROPPED)

    return test


@pytest.fixture(scope="module")
def logs():
    return drawn(EXERCISE.configs(), growing())


@pytest.fixture(scope="module")
def answer(logs):
    return EXERCISE.analyse(logs)


def column(table, name):
    place = table.head.index(name)
    return [row[place] for row in table.rows]


def test_each_cell_has_ten_seeds_with_and_without():
    configs = EXERCISE.configs()
    assert len(configs) == len({config.digest for config in configs}) == 9 * 2 * 10
    for images, epochs in LENGTHS.items():
        for width in WIDTHS:
            for pair in (DROPPED, PLAIN):
                mine = [c for c in configs if (c.num_train, *c.hidden_sizes) == (images, width, width)]
                mine = [c for c in mine if c.drop_probs == pair]
                assert [c.seed for c in mine] == [*SEEDS] == [*range(1, 11)]
                assert {c.num_epochs for c in mine} == {epochs}
    assert {(c.batch_size, c.learning_rate) for c in configs} == {(64, 0.125)}
    assert {c.implementation for c in configs} == {"gluon"}
    assert min(epochs * -(-images // 64) for images, epochs in LENGTHS.items()) >= 10 * 60_000 // 256


def test_quick_is_small():
    configs = EXERCISE.quick()
    assert len(configs) == 16
    assert sum(c.num_train * c.num_epochs for c in configs) < 14 * 60_000
    assert not {c.digest for c in configs} & {c.digest for c in EXERCISE.configs()}


def test_gains_come_out(answer):
    table = answer.tables[0]
    gains = [float(text.split(" ± ")[0]) for text in column(table, "difference")]
    planted = [0.01 + 0.002 * w + -0.004 * log10(n / 1000) for n in LENGTHS for w in (0, 2, 4)]
    assert gains == pytest.approx(planted, abs=0.0006)
    assert {*column(table, "seeds")} == {"10"}
    assert {*column(table, "p")} == {"< 0.0001"}
    assert "p by Holm over 9" in table.caption
    apart = [
        float(one.split()[0]) - float(other.split()[0])
        for one, other in zip(column(table, "test, with"), column(table, "test, without"))
    ]
    assert apart == pytest.approx(gains, abs=0.0002)
    said = answer.text[0]
    assert said.startswith("Of 9 cells dropout makes the test accuracy higher in 9 and lower in 0")
    assert "largest mean gain is that with 1,024 units a layer and 1,000 images, +0.018" in said
    assert "smallest that with 64 units a layer and 60,000 images, +0.002" in said


def test_the_interval_of_a_gain_is_its_own(answer):
    said = answer.text[0].partition("The largest mean gain")[2]
    for place, gain in zip((2, 6), said.split(", the smallest ")):
        low, high = map(float, re.search(r"interval ([-+.\d]+) to ([-+.\d]+)", gain).groups())
        mean, half = map(float, column(answer.tables[0], "difference")[place].split(" ± "))
        assert (low, high) == (pytest.approx(mean - half, abs=2e-4), pytest.approx(mean + half, abs=2e-4))


def test_training_accuracy_is_that_without_dropout():
    runs = drawn(
        EXERCISE.configs(), growing(), train=lambda config: 0.95 if config.drop_probs == PLAIN else 0.9
    )
    for text in column(EXERCISE.analyse(runs).tables[0], "training, without"):
        assert float(text.split()[0]) == pytest.approx(0.95, abs=0.004)


@pytest.mark.parametrize(("middle", "turns"), [(0.02, True), (0.0, False)])
def test_the_gains_themselves_stand_beside_their_slopes(middle, turns):
    """Means over the widths, seed by seed; where they turn round on the way a line is not all."""

    def test(config):
        gain = {1000: 0.004, 6000: middle, 60_000: -0.008}[config.num_train]
        return 0.8 + gain * (config.drop_probs == DROPPED)

    runs = drawn(EXERCISE.configs(), test)
    said = EXERCISE.analyse(runs).text[3]
    for images, epochs in LENGTHS.items():
        ends = [
            (1 if log.config.drop_probs == DROPPED else -1) * late(log, last=max(3, epochs // 10)) / 30
            for log in runs
            if log.config.num_train == images
        ]
        assert f"{sum(ends):+.4f} ± " in said
        assert f" on {images:,} images after {epochs} epochs" in said
    assert ("neither rises nor falls throughout" in said) == turns
    assert "which of the two it is these runs do not tell" in said


def test_the_mean_of_slopes_is_that_of_all():
    def test(config):
        return growing(0.003 if config.num_train == 1000 else 0, 0)(config)

    slopes = column(EXERCISE.analyse(drawn(EXERCISE.configs(), test)).tables[1], "change of the gain")
    assert [float(text.split(" ± ")[0]) for text in slopes[:4]] == pytest.approx(
        [0.003, 0, 0, 0.001], abs=0.0003
    )


def test_slopes_are_one_family():
    """Holm over both axes: the smallest of all p counts all of them."""
    found = size._cells(drawn(EXERCISE.configs(), growing(0.0001, -0.0001), scatter=0.001))
    by_width, by_images = size._slopes(found)
    together = [*by_width.values(), *by_images.values()]
    raw = []
    for one in together:
        raw.append(2 * stats.t.sf(abs(one.mean) / (one.spread / one.n**0.5), one.n - 1))
    order, worst = np.argsort(raw), 0.0
    for place, at in enumerate(order):
        worst = max(worst, min(1.0, raw[at] * (len(raw) - place)))
        assert together[at].p == pytest.approx(worst)
    assert len(raw) == 8
    assert worst < 1


def test_slopes_come_out(answer):
    slopes = [float(text.split(" ± ")[0]) for text in column(answer.tables[1], "change of the gain")]
    assert slopes == pytest.approx([0.002] * 4 + [-0.004] * 4, abs=0.0003)
    assert column(answer.tables[1], "at") == [
        "1,000 images", "6,000 images", "60,000 images", "mean",
        "64 units", "256 units", "1,024 units", "mean",
    ]  # fmt: skip
    width, images, _ = answer.text[1:]
    assert width.startswith("On average over the numbers of images the gain rises by 0.002")
    assert "on 1,000 images the gain rises by 0.00" in width
    assert width.endswith(
        "So dropout adds more to larger models, or takes less away, on average and on 1,000, 6,000 "
        "and 60,000 images."
    )
    assert "with 64 units the gain falls by 0.00" in images
    assert images.endswith(
        "So dropout adds more with less data, or takes less away, on average and with 64, 256 and 1,024 "
        "units."
    )


def test_the_other_way_round_it_says_so():
    width, images = EXERCISE.analyse(drawn(EXERCISE.configs(), growing(-0.002, 0.004, 0.0))).text[1:3]
    assert "the gain falls by 0.00" in width
    assert width.endswith(
        "So dropout adds less to larger models, or takes more away, on average and on 1,000, 6,000 "
        "and 60,000 images; that dropout adds more to larger models, or takes less away, does not show."
    )
    assert (
        "adds less with less data, or takes more away, on average and with 64, 256 and 1,024 units;" in images
    )


def test_without_an_effect_none_is_claimed():
    answer = EXERCISE.analyse(drawn(EXERCISE.configs(), growing(0, 0, 0), scatter=0.004))
    assert "higher in 0 and lower in 0" in answer.text[0]
    assert "in 9 no difference shows" in answer.text[0]
    width, images, _ = answer.text[1:]
    assert width.count("does not change visibly") == images.count("does not change visibly") == 4
    assert width.endswith("That dropout adds more to larger models, or takes less away, does not show.")
    assert images.endswith("That dropout adds more with less data, or takes less away, does not show.")


def test_at_some_numbers_of_images_alone():
    def test(config):
        return growing(0.002 if config.num_train == 1000 else 0, 0)(config)

    width = EXERCISE.analyse(drawn(EXERCISE.configs(), test)).text[1]
    assert width.endswith("or takes less away, on average and on 1,000 images.")


def test_differences_are_seed_by_seed(logs):
    """A seed whose arm is lost counts in no difference: unpaired, its own level would show."""
    odd = [
        log for log in drawn([log.config for log in logs], growing(), scatter=0)
        if (log.config.seed, log.config.drop_probs) != (1, PLAIN)
    ]  # fmt: skip
    table = EXERCISE.analyse(odd).tables[0]
    assert {*column(table, "seeds")} == {"9"}
    assert all(text.endswith("± 0.0000") for text in column(table, "difference"))


def test_a_seed_that_lacks_a_width_has_no_slope(logs):
    lost = without(logs, seed=3, num_train=1000, hidden_sizes=(64, 64), drop_probs=DROPPED)
    answer = EXERCISE.analyse(lost)
    assert column(answer.tables[1], "seeds") == ["9", "10", "10", "9", "9", "10", "10", "9"]
    assert column(answer.tables[0], "seeds") == ["9", *["10"] * 8]


def test_failed_runs_and_lost_cells_are_left_out(logs):
    lost = without(logs, num_train=1000, hidden_sizes=(1024, 1024), drop_probs=PLAIN)
    lost = [failed(log) if log.config.seed == 2 else log for log in lost]
    answer = EXERCISE.analyse(lost)
    assert len(answer.tables[0].rows) == 8
    assert {*column(answer.tables[0], "seeds")} == {"9"}
    assert png(answer.draw())


def test_one_seed_tells_nothing(logs):
    answer = EXERCISE.analyse([log for log in logs if log.config.seed == 1])
    assert "in 9 no difference shows" in answer.text[0]
    assert "of one seed, so without an interval" in answer.text[0]
    assert "cannot be followed" in answer.text[1]
    assert png(answer.draw())


def test_of_one_arm_alone_nothing_is_said(logs):
    answer = EXERCISE.analyse(without(logs, drop_probs=PLAIN))
    assert answer.text == ("No cell has runs with dropout and without.",)
    assert png(answer.draw())


def test_the_figure_shows_the_cells(answer):
    left, right = answer.draw().axes
    assert left.get_xlabel() == right.get_xlabel() == "Units of each hidden layer"
    assert left.get_ylabel() == "Test accuracy"
    lines = [line for line in right.lines if len(line.get_xdata()) == 3 and line.get_linestyle() != "None"]
    assert lines[0].get_ydata() == pytest.approx([0.01, 0.014, 0.018], abs=0.0006)
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines}) == 3
    arms = {box.get_label(): box.lines[0].get_ydata() for box in left.containers}
    for images in LENGTHS:
        mine = [row for row in answer.tables[0].rows if row[0] == f"{images:,}"]
        for word in ("with", "without"):
            place = answer.tables[0].head.index(f"test, {word}")
            assert arms[f"{images:,} images, {word} dropout"] == pytest.approx(
                [float(row[place].split()[0]) for row in mine], abs=6e-5
            )


def test_quick_is_digested_and_drawn():
    answer = EXERCISE.analyse(drawn(EXERCISE.quick(), growing()))
    assert len(answer.tables[0].rows) == 4
    assert len(answer.tables[1].rows) == 6
    assert png(answer.draw())
