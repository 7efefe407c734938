"""PROVISIONAL, to be replaced by the registry engineer."""
from dataclasses import dataclass
MODES = ("none", "backward", "backward_transitive", "forward", "forward_transitive", "full", "full_transitive")
@dataclass
class Comparison:
    changes: list
    graphql: list
    rest: list
def compare(old, new): return Comparison([], [], [])
