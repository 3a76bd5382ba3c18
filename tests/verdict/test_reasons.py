"""What a curve that differs is said to do."""

import pytest

from dropout_gluon.verdict.reasons import reason
from dropout_gluon.verdict.record import Band

RUNS = 400


def bands(column, positions):
    """Bands from 1 to 3 around 2; a position is below all runs, below the band, inside, or the other way."""
    where = {"<<": (0.0, 0), "<": (0.9, 4), "=": (2.0, 200), ">": (3.1, 396), ">>": (9.0, 400)}
    return [
        Band(epoch, column, where[p][0], 1.0, 2.0, 3.0, where[p][1], RUNS - where[p][1])
        for epoch, p in enumerate(positions.split(), 1)
    ]


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("= = << <<", "trains faster than any of the 400 reference runs from epoch 3 on"),
        ("<< << << <<", "trains faster than any of the 400 reference runs at every epoch"),
        ("= >> >> =", "trains slower than any of the 400 reference runs from epoch 2 to 3"),
        ("= >> = =", "trains slower than any of the 400 reference runs at epoch 2"),
        (">> = << <<", "trains faster than any of the 400 reference runs from epoch 3 on"),
        ("= < < =", "trains faster than 97.5% of the 400 reference runs from epoch 2 to 3"),
        ("< = > >", "trains faster than 97.5% of the 400 reference runs at epoch 1"),
        ("= = = =", "no value on its own is unusual, but how they go together is"),
    ],
)
def test_training(loss, said):
    both = bands("loss", loss) + bands("train_acc", "= = = =")
    assert reason("training", both, 1, RUNS, None) == said


def test_accuracy_speaks_where_the_loss_is_usual():
    both = bands("loss", "= = =") + bands("train_acc", "= << <<")
    said = "training accuracy is lower than in any of the 400 reference runs from epoch 2 on"
    assert reason("training", both, 1, RUNS, "released") == said


def test_test_curve_names_the_split_that_it_fits():
    said = reason("test", bands("test_acc", "<< <<"), 1, RUNS, "released")
    everywhere = "test accuracy is lower than in any of the 400 reference runs at every epoch"
    assert said == f"{everywhere}; it fits the released split"
    assert reason("test", bands("test_acc", ">> >>"), 1, RUNS, None).endswith("at every epoch")


def test_means_of_several_logs_are_held_against_their_standard_error():
    """0.7 below a median of spread 0.5: within the band, but far beyond the error of a mean of ten."""
    off = [Band(e, "loss", 1.3, 1.0, 2.0, 3.0, 40, 360) for e in (1, 2)]
    accuracy = bands("train_acc", "= =")
    said = "trains faster than the 400 reference runs on average at every epoch"
    assert reason("training", off + accuracy, 10, RUNS, None) == said
    assert reason("training", off + accuracy, 1, RUNS, None).startswith("no value on its own")
