"""How the pack `embedded` got its recogniser; `python -m training` runs all of it. Not part of the package."""
