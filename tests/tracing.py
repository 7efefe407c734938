"""Whether coverage traces this run: Python code then takes several times as long, and bounds of time allow for it."""

import sys

TRACED = "coverage" in sys.modules
