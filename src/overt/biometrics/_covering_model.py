"""What tells covered parts of faces from bare ones: printed by `benchmarks/occlusion.py --fit`."""

from typing import Final

__all__ = ["CELLS_X", "CELLS_Y", "COVERING_MODEL"]

CELLS_X: Final = 8
CELLS_Y: Final = 7

COVERING_MODEL: Final = (
    "+jEbvlzUob4++KO+zx8ovs2O+75NcW2+mn2mPRhJv726XBE+MW/aPhT0Gj/DpiG/j8xzv9p6nD50q7Y+7+knvawGhDxTI269Kp/7"
    "PR9ByD7Px8S88J7ZPm+vKT6Vf8Y9nse2utY/9TxZKSA+C8WGvreqJL8OWTo/RVmevQSk6r2lAQs+P/uMv+4pq779N8g9jR1uPo9M"
    "Or7/pmu/RMFCPiDtez63toy9dqdxPhAPmj7YtDI+1BRCPXWB7T4FuMw9O9x2PlZ1grzX+nS85j6hPnBb2D7EcQe/neaMvsWUmjzW"
    "3D8++kcdv+Zyz79IPf89aKzbvlv+Jr8stB4/0oBkP1UTVL4MkGg/OoTOvsEE1L9gpbq/Qc9EP/3GFz8pr/6+KryWv3w7xD8NjRNA"
    "OqOOP0RgsD6ScB5AhoaBPwKpOr8u3xc/lRoNP6pnVkCp7Y4/hys+P9p7xj+owzM+kdY1P57VmD/Fbty9Nl0wP61S6r/PRX3ApzIV"
    "vzjyP7790aK8qvUxv7WWHL81BuO/TQLjv8nVxb+JrR6/yrqDvgsEpr5FC7E9dsMsv8yl77/UM2LAgvgUwN/W0b+V6EC/iZpxPFjq"
    "HUA="
)
