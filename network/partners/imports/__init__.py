"""Import of directories: readers turn a feed into found rows, one writer compares and writes only what changed."""
