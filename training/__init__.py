"""How the pack `taught` got its recogniser; `python -m training` runs all of it. Not part of the package."""
