"""How the embedded pack's recogniser is trained; `python -m training` runs all of it. Not part of the package."""
