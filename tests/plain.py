"""The chapter's experiment in the plainest form: the oracle that the package's faster code must equal.

Products by nd.dot, one operator at a time, every number fetched as soon as it exists.
"""

from dropout_gluon._mxnet import autograd, nd


def mlp(params, dropout, drop_probs=(0.2, 0.5)):
    """The network as the chapter writes it; weights (outputs, inputs)."""
    W1, b1, W2, b2, W3, b3 = params

    def net(X):
        H1 = (nd.dot(X.reshape((-1, W1.shape[1])), W1.T) + b1).relu()
        if autograd.is_training():
            H1 = dropout(H1, drop_probs[0])
        H2 = (nd.dot(H1, W2.T) + b2).relu()
        if autograd.is_training():
            H2 = dropout(H2, drop_probs[1])
        return nd.dot(H2, W3.T) + b3

    return net


def cross_entropy(logits, y):
    """-log softmax(logits)[y], from its definition."""
    exp = (logits - logits.max(axis=1, keepdims=True)).exp()
    return -nd.pick(exp / exp.sum(axis=1, keepdims=True), y).log()


def train(net, train_iter, test_iter, num_epochs, batch_size, params, lr):
    """Rows of epoch, mean of batch means of loss and of accuracy, test accuracy."""
    rows = []
    for epoch in range(1, num_epochs + 1):
        losses, accuracies, hits, count = [], [], 0, 0
        for X, y in train_iter:
            with autograd.record():
                logits = net(X)
                loss = cross_entropy(logits, y)
            loss.backward()
            for param in params:
                param[:] = param - lr * param.grad / batch_size
            losses.append(loss.mean().asscalar())
            accuracies.append((logits.asnumpy().argmax(axis=1) == y.asnumpy()).mean())
        for X, y in test_iter:
            hits += (net(X).asnumpy().argmax(axis=1) == y.asnumpy()).sum()
            count += len(y)
        rows.append((epoch, sum(losses) / len(losses), sum(accuracies) / len(accuracies), hits / count))
    return rows
