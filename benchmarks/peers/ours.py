"""Our own scratch and Gluon networks, as `dropout_gluon.run` trains them."""

from common import BATCH_SIZE, serve

import dropout_gluon as gb
from dropout_gluon.runs import run as runs

config = {name: gb.RunConfig(implementation=name) for name in ("scratch", "gluon")}
iterators = gb.load_data_fashion_mnist(BATCH_SIZE)


def network(name):
    arguments = runs.training_arguments(config[name])

    def epoch():
        records = gb.train_ch3(
            train_iter=iterators[0], test_iter=iterators[1], num_epochs=1, report=lambda _: None, **arguments
        )
        return records[0].loss

    return epoch


serve({name: network(name) for name in config}, runs.environment())
