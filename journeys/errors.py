"""What goes wrong with journeys. Codes never change; the sentence is for whoever asked."""

from collections.abc import Sequence

from config.lib.errors import Problem, SojournError


class JourneyError(SojournError):
    """An action that cannot be done. Codes: forbidden (no permission), state (not in this state), not_found."""

    code = "journey"


class PublishRefused(JourneyError):
    """The document has errors. `findings` holds all that the checks found, warnings too."""

    code = "not_publishable"

    def __init__(self, findings: Sequence[Problem]) -> None:
        self.findings = list(findings)
        errors = [finding.message for finding in self.findings if finding.level == "error"]
        more = f" There are {len(errors) - 1} more." if len(errors) > 1 else ""
        super().__init__(f"This journey cannot be published yet: {errors[0]}{more}")
