"""What tells covered parts of faces from bare ones: printed by `benchmarks/occlusion.py --fit`."""

from typing import Final

__all__ = ["CELLS_X", "CELLS_Y", "COVERING_MODEL"]

CELLS_X: Final = 8
CELLS_Y: Final = 7

COVERING_MODEL: Final = (
    "bvcQvj193Lx2lHS9oJ45vbaGD77svQa9Ij2kPQ5FSr0QX0Q9R52+PrpUrT7OPca+cnUhv9hAKj6V0YU+wPw8Pbq8Cr2u72Y9wcb1"
    "vfqo3j1qBSa9lsAFvUY/hrsl4KI931y/vQUdm72PDSK9wTeDveUUDL4ahB8+EdghvWVnxL1bOzg+35MVv6xSwr7WnFA7uWpMPmQF"
    "Zr1O87W+HcdRPuZ1bD7oGre9fn5TPbHrhT4AQjU9oLmiPbOwpj2WJNc9aMZIPgk+K70SKRG+xh1nPg7JeD7SS3G+5eNGvjSjZjtj"
    "NQs/LFEPvqHg4b4oRLK9emOdvu9XZr7EHVs+C5xSP9/YQL9j+54+RG0Avq+qib8Is4O/pD0rP8R6kT7WhHu/+FM3v2kuYz+N1YA/"
    "+0Zpvuo5WL49oZA/D4RCP57WB7/3M7Y90m4FPYcKwT9vD8U+RG91PYsrCT9uncQ+pH07PtH00j5PbRs+BPskv03cu7+ErQ3ANEI0"
    "v9gZ6T6NPti+RMEJvSYomz2eRmK/LZE/v4foNb+0geC+KufZvWqJtz1Juke9wRlqvn7Iwb8XEuq/Uce1v5RNbL8yWNW+oGodvjTc"
    "gUA="
)
