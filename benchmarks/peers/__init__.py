"""Adapters of other solvers; each imports its package only when it is put to work."""
