"""Model packs: what they say of themselves, how they arrive, and that they are what they say."""

from overt.biometrics.packs._folders import packs_folder
from overt.biometrics.packs._loading import installed, load
from overt.biometrics.packs._pulling import pull
from overt.biometrics.packs._sources import built_in_names

__all__ = ["built_in_names", "installed", "load", "packs_folder", "pull"]
