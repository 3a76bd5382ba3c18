"""One point of growth.py, in a process of its own: its peak of memory is nobody else's.

Its argument is JSON: implementation, width, batch_size, images, and epochs. It prints the seconds of every
epoch, the first a warm-up, and the peak in MB.
"""

import json
import resource
import sys
import time

import dropout_gluon as gb
from dropout_gluon.fashion_mnist import batches as data
from dropout_gluon.fashion_mnist import sources
from dropout_gluon.runs import run as runs

point = json.loads(sys.argv[1])
batch_size = point["batch_size"]
config = gb.RunConfig(
    implementation=point["implementation"], hidden_sizes=(point["width"],) * 2, batch_size=batch_size
)
(images, labels), test = data.split_archive(sources.locate(), "released", seed=0)
train_iter = gb.Batches(images[: point["images"]], labels[: point["images"]], batch_size, seed=0)
test_iter = gb.Batches(*test, batch_size)
training = runs.training_arguments(config)
seconds = []
for _ in range(point["epochs"]):
    start = time.perf_counter()
    gb.train_ch3(train_iter=train_iter, test_iter=test_iter, num_epochs=1, report=lambda _: None, **training)
    seconds.append(time.perf_counter() - start)
print(json.dumps({"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}))
