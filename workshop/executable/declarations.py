"""Runs before Estuary in the executable: modules that declare resources are found as Python finds them.

A frozen program ignores PYTHONPATH; RESOURCES=shop.parts:PARTS needs it to say where `shop` lies.
"""

import os
import sys

sys.path.extend(path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path)
