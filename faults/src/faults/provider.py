"""Flags out of a file, in process: flagd's own evaluator, fed again whenever the file has changed.

flagd's provider can read a file too, but looks at it twice a second, so that nobody can tell when a switch is seen.
This one looks before each evaluation: one `stat`, and the next call has what was switched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError, ParseError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.provider import AbstractProvider, Metadata
from typing_extensions import override

NAME = "flagd-file"

Version = tuple[int, int, int]


class FileProvider(AbstractProvider):
    """Evaluates the flags of a file.

    Every method raises ParseError, which OpenFeature turns into the default value, when the file cannot be read.

    Args:
        path: A file of flagd's flag definitions.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._evaluator = FlagdCore()
        self._version: Version | None = None

    @override
    def get_metadata(self) -> Metadata:
        """Give the name that evaluations are told with."""
        return Metadata(name=NAME)

    def refresh(self) -> None:
        """Read the file if it has changed; raise ParseError."""
        try:
            found = self._path.stat()
            version = (found.st_mtime_ns, found.st_size, found.st_ino)
            if version != self._version:
                self._evaluator.set_flags(self._path.read_text(encoding="utf-8"))
                self._version = version
        except (OSError, ValueError, TypeError, AttributeError, OpenFeatureError) as error:
            self._version = None
            raise ParseError(f"{self._path}: {_told(error)}") from error

    @override
    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """Evaluate a flag that is on or off."""
        self.refresh()
        return self._evaluator.resolve_boolean_value(flag_key, default_value, evaluation_context)

    @override
    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Evaluate a flag of texts."""
        self.refresh()
        return self._evaluator.resolve_string_value(flag_key, default_value, evaluation_context)

    @override
    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Evaluate a flag of whole numbers."""
        self.refresh()
        return self._evaluator.resolve_integer_value(flag_key, default_value, evaluation_context)

    @override
    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Evaluate a flag of numbers."""
        self.refresh()
        return self._evaluator.resolve_float_value(flag_key, default_value, evaluation_context)

    @override
    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """Evaluate a flag of structures."""
        self.refresh()
        return self._evaluator.resolve_object_value(flag_key, default_value, evaluation_context)


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, OpenFeatureError):
        return error.error_message or type(error).__name__
    return str(error)
