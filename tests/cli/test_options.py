"""Messages name the option that was given, where Python names its argument."""

import pytest

from dropout_gluon.cli.main import build_parser
from dropout_gluon.cli.options import options_of, with_options

OPTIONS = {"num_epochs": "--epochs", "drop_probs": "--drop-probs", "level": "--level", "split": "--split"}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("num_epochs must be 1, not 0", "--epochs must be 1, not 0"),
        ("drop_probs[1] must be 1, not 2", "--drop-probs, value 2, must be 1, not 2"),
        ("split says which runs: not with yours", "--split says which runs: not with yours"),
        (
            "level must go with drop_probs, not 'num_epochs'",
            "--level must go with --drop-probs, not 'num_epochs'",
        ),
        ("level: no such file", "level: no such file"),
        ("sweep.toml: num_epochs must be 1", "sweep.toml: num_epochs must be 1"),  # its keys are Python's
        ("num_train must be 1", "num_train must be 1"),
    ],
)
def test_a_message_about_an_option_names_it(message, said):
    assert with_options(message, OPTIONS) == said


def test_every_option_is_known_by_the_name_that_messages_have():
    """Those of runs by the fields of RunConfig."""
    (commands,) = (action for action in build_parser()._actions if action.dest == "command")
    found = {name: options_of(parser) for name, parser in commands.choices.items()}
    assert set(found) == {"data", "reproduce", "compare", "ensemble", "exercise"}
    for name in ("reproduce", "ensemble"):
        assert found[name]["num_epochs"] == "--epochs"
        assert found[name]["batch_size"] == "--batch-size"
    assert found["compare"]["max_size"] == "--max-size"
