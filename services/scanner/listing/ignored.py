"""What a listing passed over, by rule: counts, and a sample of each."""

from libs.common.events import IgnoredBy

MOST_RULES = 50
SAMPLE = 5
"""Names of a rule that are kept."""
OTHERS = "other rules"


class IgnoredRules:
    """Counts and samples; of more than MOST_RULES rules those that came last are one."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._samples: dict[str, list[str]] = {}

    def add(self, rule: str, name: str) -> None:
        """The rule passed over the file or folder of this name."""
        if rule not in self._counts and len(self._counts) >= MOST_RULES:
            rule = OTHERS
        self._counts[rule] = self._counts.get(rule, 0) + 1
        sample = self._samples.setdefault(rule, [])
        if len(sample) < SAMPLE:
            sample.append(name)

    def all(self) -> tuple[IgnoredBy, ...]:
        """All rules, the one that passed over most first."""
        by_count = sorted(self._counts.items(), key=lambda each: (-each[1], each[0]))
        return tuple(
            IgnoredBy(rule=rule, count=count, sample=tuple(self._samples[rule])) for rule, count in by_count
        )
