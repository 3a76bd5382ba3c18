"""One RunConfig gives one RunLog (`run.run`); many of them, in processes or on a cluster: `ensemble`."""
