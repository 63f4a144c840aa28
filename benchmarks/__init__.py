"""The numbers that are published, and the peers beside them in the same run."""
