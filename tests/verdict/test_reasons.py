"""What a curve that differs is said to do."""

import numpy as np
import pytest

from dropout_gluon.verdict.measure import Answers
from dropout_gluon.verdict.reasons import reason, reason_of_all
from dropout_gluon.verdict.record import Band

RUNS = 1400


def bands(column, positions, step=1):
    """Bands from 1 to 3 around 2; a position is below all runs, below the band, inside, or the other way."""
    where = {"<<": (0.0, 0), "<": (0.9, 4), "=": (2.0, 700), ">": (3.1, 1396), ">>": (9.0, 1400)}
    return [
        Band(1 + step * place, column, where[p][0], 1.0, 2.0, 3.0, where[p][1], RUNS - where[p][1])
        for place, p in enumerate(positions.split())
    ]


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("= = << <<", "trains faster than any of the 1,400 recorded runs from epoch 3 on"),
        ("<< << << <<", "trains faster than any of the 1,400 recorded runs at every epoch"),
        ("= >> >> =", "trains slower than any of the 1,400 recorded runs from epoch 2 to 3"),
        ("= >> = =", "trains slower than any of the 1,400 recorded runs at epoch 2"),
        (">> = << <<", "trains faster than any of the 1,400 recorded runs from epoch 3 on"),
        ("<< >> >> >>", "trains slower than any of the 1,400 recorded runs from epoch 2 on"),
        ("<< = = >>", "trains faster than any of the 1,400 recorded runs at epoch 1"),
        ("< < < >>", "trains slower than any of the 1,400 recorded runs at epoch 4"),
        ("= < < =", "trains faster than 97.5% of the 1,400 recorded runs from epoch 2 to 3"),
        ("< = > >", "trains slower than 97.5% of the 1,400 recorded runs from epoch 3 on"),
        ("< < = >", "trains faster than 97.5% of the 1,400 recorded runs from epoch 1 to 2"),
        ("= = = =", "no value of the training curve is unusual, but how they go together is"),
    ],
)
def test_training(loss, said):
    both = bands("loss", loss) + bands("train_acc", "= = = =")
    assert reason("training", both, RUNS, None) == said


def test_accuracy_speaks_where_the_loss_is_usual_or_was_not_judged():
    accuracy = bands("train_acc", "= << <<")
    said = "training accuracy is lower than in any of the 1,400 recorded runs from epoch 2 on"
    assert reason("training", bands("loss", "= = =") + accuracy, RUNS, None) == said
    assert reason("training", accuracy, RUNS, None) == said
    higher = bands("train_acc", "> > =")
    assert reason("training", higher, RUNS, None).startswith("training accuracy is higher than in 97.5% of")


def test_the_other_curve_is_not_spoken_of():
    both = bands("loss", "<< <<") + bands("test_acc", ">> >>")
    said = "test accuracy is higher than in any of the 1,400 recorded runs at every epoch"
    assert reason("test", both, RUNS, None) == said
    assert reason("training", both, RUNS, None).startswith("trains faster")


def test_test_curve_names_the_split_that_it_fits():
    said = reason("test", bands("test_acc", "<< <<"), RUNS, "released")
    everywhere = "test accuracy is lower than in any of the 1,400 recorded runs at every epoch"
    told = "which most copies of the data have: try --split released"
    assert said == f"{everywhere}; it fits the released split, {told}"


def test_every_fifth_epoch():
    said = reason("test", bands("test_acc", "= <<", step=5), RUNS, None)
    assert said == "test accuracy is lower than in any of the 1,400 recorded runs at epoch 6"


def answers(*likelier):
    """Of one log: how much likelier it is with each mistake, in all."""
    mistakes = np.stack([np.array(likelier), np.zeros(len(likelier))], axis=-1)[None]
    return Answers(np.empty((1, 3)), np.zeros((1, 6)), mistakes)


NAMES = ("no dropout", "sigmoid")


def test_logs_as_one_are_most_like_what_they_are_likeliest_with_in_sum():
    logs = [answers(3.0, 1.0), answers(-4.0, 1.0)]
    said = reason_of_all(logs, NAMES, ["training"], None)
    assert said == "together, their training curve is off, most like runs with this: sigmoid"
    assert reason_of_all(logs[:1], NAMES, ["training"], None).endswith(": no dropout")


def test_logs_as_one_that_are_like_nothing():
    assert reason_of_all([answers(-1.0, -2.0)], NAMES, ["test"], None) == "together, their test curve is off"
    assert reason_of_all([answers()], (), ["test"], None) == "together, their test curve is off"


def test_logs_as_one_and_the_split_that_their_test_curve_fits():
    both = reason_of_all([answers(-1.0, -2.0)], NAMES, ["training", "test"], "released")
    off = "together, their training and test curves are off"
    told = "which most copies of the data have: try --split released"
    assert both == f"{off}; the test curves fit the released split, {told}"
    assert "split" not in reason_of_all([answers(-1.0, -2.0)], NAMES, ["training"], "released")
