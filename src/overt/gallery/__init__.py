"""Templates → candidates."""
