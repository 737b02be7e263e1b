"""How good it is: the simulated scene, the proof of erasure, the benchmarks. Each is a room within this one."""

__all__: list[str] = []
