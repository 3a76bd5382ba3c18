"""Fashion-MNIST, found or fetched, verified (`sources.locate`), and iterated over in `batches`."""
