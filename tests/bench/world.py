"""
Compare how zones are swept and legs are found with other libraries, side by side.

Run it from the project's folder: ``python tests/bench/world.py [sweeps] [network]
[winds]``; without words, the first two. Each part is a script of its own beside this
one, in a process of its own: some libraries change how the processor rounds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PARTS = {
    "sweeps": "world_sweeps.py",
    "network": "world_network.py",
    "winds": "winds.py",
}


def main() -> None:
    """Run the parts that are named."""
    for name in sys.argv[1:] or ("sweeps", "network"):
        print(f"== {name}", flush=True)
        script = Path(__file__).with_name(PARTS[name])
        subprocess.run([sys.executable, str(script)], check=True)


if __name__ == "__main__":
    main()
