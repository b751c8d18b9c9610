"""HTTP in, answer out; one file per part of the space."""
