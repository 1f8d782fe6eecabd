"""The sources of all that is held, each once."""

from __future__ import annotations

from dataclasses import dataclass

from console.otlp.source import Source


@dataclass(slots=True)
class _Use:
    source: Source
    count: int = 0


class Sources:
    """Counts how often each source is used, and what all of them take in memory. Not safe for threads by itself."""

    def __init__(self) -> None:
        self._uses: dict[Source, _Use] = {}
        self.size = 0

    def hold(self, source: Source) -> Source:
        """Use a source once more; give the equal one that is here already."""
        use = self._uses.get(source)
        if use is None:
            use = self._uses[source] = _Use(source)
            self.size += source.size
        use.count += 1
        return use.source

    def release(self, source: Source) -> None:
        """Use it once less."""
        use = self._uses[source]
        use.count -= 1
        if not use.count:
            del self._uses[source]
            self.size -= source.size
