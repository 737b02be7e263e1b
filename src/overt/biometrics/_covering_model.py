"""What tells covered parts of faces from bare ones: printed by `benchmarks/occlusion.py --fit`."""

from typing import Final

__all__ = ["CELLS_X", "CELLS_Y", "COVERING_MODEL"]

CELLS_X: Final = 8
CELLS_Y: Final = 7

COVERING_MODEL: Final = (
    "iM/tvdiHnr7cNJ6+ejDBvYgq7L713n++fmMlPV8FIb7JLvk9KTnhPq6+Ez9wOAy/CFeRv42+RT4AuY8+gE96vao717ynlzO9KSo3"
    "Phfu0T74SQm9liUKP9ukQT597go+RbzBvcpeDj5CP5g+TEbUvhXC8L4ZPjs/kT3mvdwxDL7TH6A9ifeuv8Ba674H2R8+MW6SPkTU"
    "cr6+xH+/gnELPsexuT7bNRW+g41FPtz9bz4cZ0U+w4Q3ultVEz9yE4w9mzBaPvO4jDwALl0+0XqAPgSW5D5n1M6+HuWnvqg+7D1Y"
    "Zpc+GoOTvs5Twb8j9089U7NWv2TcYb8Ek64+qqdyPwwCrr6UO3w/YoC1vpqF57+v6Ka/ODMQP5JSQj/PgQ6/zn6Mv3u8xT+kMDJA"
    "EumIP6lILj8lwCNAvT0tPyXQdL9pMvo+ymSTPqZmb0CFNqQ/hb9dPyES3j8mL38+LhJGP6EFuj/prNu9k8M7P9C5CcB3q5bAzufE"
    "vmvX871Hm7C9fKicvyyV577VcwzA0krfvy73178Kteq+IWHDvuBC5r7NAK89DZ9dvxyZA8C1lW3AYy8awE0F5r9ILt6+LFMSPsYL"
    "K0A="
)
