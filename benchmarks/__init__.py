"""Measurements: what the package claims about speed and success comes from here."""
