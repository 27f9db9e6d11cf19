"""What a person would be sent, as it is written now: rendered with their real values, and sent to nobody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels import compose, render
from channels.outbox.prepare import of_person
from channels.render import RenderError
from channels.tracking import Linker
from profiles.models import Profile


class _Untracked(Linker):
    """Links stay as they were written: nobody's click on a preview counts."""

    def unsubscribe(self, ref: bytes) -> str:
        """Leads nowhere."""
        return "#unsubscribe"

    def device(self, ref: bytes) -> str:
        """No device has it."""
        return ""

    def short(self, ref: bytes, number: int, url: str) -> str:
        """As long as the one that it stands for."""
        made = super().short(ref, number, url)
        return made.rpartition("/")[0] + "/" + "x" * len(made.rpartition("/")[2])

    def track(self, page: str, ref: bytes) -> str:
        """As it was written."""
        return page


def preview(
    *, channel: str, content: Any, person: Profile | None, event: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The rendered content as channels.compose makes it. person: None is somebody of whom nothing is known.
    event: the properties of the event that leads them here. Raises RenderError with a sentence.
    """
    properties = render.printable(dict(person.properties)) if person else {}
    objects = {
        **compose.clock_objects(now),
        "Profile": of_person(person, properties) if person else {},
        "Event": render.printable(dict(event)),
        "Campaign": {"campaignId": 0},
        "Journey": {"id": 0, "name": "", "version": 1},
        "Node": {"id": 0},
    }
    try:
        return compose.compile_content(channel, content).compose(objects, b"", _Untracked())
    except RenderError as error:
        if error.reason == render.ABORTED:
            raise RenderError("This person would get no message: the text says so with {% abort %}.") from error
        text = error.reason.removeprefix("liquid replacement: ")
        raise RenderError(f"This cannot be sent as it is: {text}.") from error
