"""Gluon's own class of the data set, its loader with worker processes, and a row of pictures."""

import gluonbook as gb
from mxnet.gluon import data as gdata

train_set, test_set = (gdata.vision.FashionMNIST(train=train) for train in (True, False))
image, label = train_set[0]


def pictures(images, labels):
    gb.use_svg_display()
    _, places = gb.plt.subplots(1, len(images), figsize=(6, 6))
    for place, one, name in zip(places, images, labels):
        place.imshow(one.reshape((28, 28)).asnumpy())
        place.set_title(name)
        place.axes.get_xaxis().set_visible(False)


images, labels = train_set[0:4]
pictures(images, gb.get_fashion_mnist_labels(labels))
to_tensor = gdata.vision.transforms.ToTensor()
loader = gdata.DataLoader(test_set.transform_first(to_tensor), 2500, shuffle=False, num_workers=2)
result = {
    "examples": [len(train_set), len(test_set)],
    "first": [list(image.shape), image.dtype.__name__, str(label.dtype)],
    "titles": [ax.get_title() for ax in gb.plt.gcf().axes],
    "read": sum(len(y) for X, y in loader),
}
