"""Benchmarks: Janua beside a hand-written endpoint that sends the same bytes from the same SQL, in one run."""
