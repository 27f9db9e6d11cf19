"""What goes wrong with journeys. Codes never change; the sentence is for whoever asked."""

from collections.abc import Sequence

from config.lib.errors import Problem, SojournError


class JourneyError(SojournError):
    """An action that cannot be done. Codes: forbidden (no permission), state (not in this state), not_found, previous
    (say what becomes of the version before), version_limit, not_editable, approval. `findings`: what the checks found,
    if it was they who refused.
    """

    code = "journey"

    def __init__(self, message: str, *, code: str | None = None, findings: Sequence[Problem] = ()) -> None:
        super().__init__(message, code=code)
        self.findings = list(findings)


class PublishRefused(JourneyError):
    """The document has errors. `findings` holds all that the checks found, warnings too."""

    code = "not_publishable"

    def __init__(self, findings: Sequence[Problem]) -> None:
        errors = [finding.message for finding in findings if finding.level == "error"]
        more = f" There are {len(errors) - 1} more." if len(errors) > 1 else ""
        super().__init__(f"This journey cannot be published yet: {errors[0]}{more}", findings=findings)
