"""What changed? The traces of a window are compared with those before it."""

from console.why.answer import Answer, Finding, compare
from console.why.chance import StatisticsMissingError
from console.why.windows import Compared, Windows, divide, held

__all__ = ["Answer", "Compared", "Finding", "StatisticsMissingError", "Windows", "compare", "divide", "held"]
