"""What happened to a person in one version, line by line, and where they are now."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from channels import reasons
from channels.selectors import Sent
from journeys import calendar, control
from journeys.engine.stay import Stay
from journeys.graph import ENTRY, GraphNode
from journeys.models import Shares, Transition
from journeys.nodes.engagement import DECIDED_ONCE
from journeys.nodes.intellinode import IntelliNodeConfig
from journeys.why.reading import Edition, Person, Step
from journeys.why.words import Because, Line, Words, of_clauses, via
from profiles import eventtypes
from segments import history
from segments.words import spell

LOADED = 25  # events that are looked through for the one that set a clock
MOST_EXPLAINED = 8  # decisions by rules that are explained clause by clause: each reads the history again

_DONE = {
    "publish": "Published", "start": "Started", "pause": "Paused", "resume": "Resumed", "stop": "Stopped",
    "complete": "Completed: entry is over", "restrict": "Restricted: a newer version took over",
    "archive": "Archived", "unarchive": "Taken out of the archive",
}  # fmt: skip
EXITS = {
    "journey_timeout": "the journey timeout was over",
    "force_exit": "a force exit",
    "completed": "it was the end of the path",
    "version_exit": "the version was stopped",
    "profile_deleted": "the profile was deleted, or merged into one that was inside as well",
}
REFUSED = {
    "inside": "they were inside already; qualifying while inside is ignored",
    "entered_before": "they had entered this version before, and re-entry is off",
    "held_out": "they are held out as part of a control group",
    "before_exit": "it happened before they had left",
    "late_event": "it reached us over 60 minutes after it happened, and so moves nobody",
    "entry_cap": "the entry cap was reached",
    "too_many_triggers": "journey triggers had passed them on too often within a minute",
}


class Story:
    """One person in one version."""

    def __init__(self, person: Person, edition: Edition, words: Words, messages: list[Sent]) -> None:
        self.person, self.edition, self.words = person, edition, words
        self._messages = [it for it in messages if it.version_id == edition.version.pk]
        self._steps = [it for it in person.steps if it.version_id == edition.version.pk]
        deciding = [it for it in self._steps if it.what in ("entered", "left", "exited")]
        self._explained = {id(it) for it in deciding[-MOST_EXPLAINED:]}

    @property
    def happened(self) -> bool:
        return bool(self._steps)

    def lines(self) -> list[Line]:
        """In order of time; of one instant, changes of state first."""
        found = [Line(it.at, "state", self._state(it), []) for it in self.edition.changes if it.source != it.target]
        found += [self._line(step) for step in self._steps if step.what != "qualified"]
        found += self._unsent()
        return sorted(found, key=lambda line: line.at)

    @staticmethod
    def _state(change: Transition) -> str:
        done = _DONE.get(change.action, change.action.capitalize())
        return f"{done} by {change.who or 'the system'}"

    def _line(self, step: Step) -> Line:
        text = getattr(self, f"_{step.what}")(step)
        because = [*self._because(step)] if id(step) in self._explained else []
        if step.what == "message":
            because = _said(step.outcome or "", step.reason) or self._put_off(step)
        if step.unchanged:
            because = [
                Because(f"{name} could not be updated, and stayed as it was", False, spell(value))
                for name, value in msgspec.json.decode(step.unchanged).items()
            ]
        return Line(step.at, step.what, text, because)

    # ---- sentences

    def _entered(self, step: Step) -> str:
        graph = self.edition.graph
        if step.event is not None:
            return f"Entered{self._by(step)}"
        if graph.criteria == "past":
            return f"Entered in the run of {self.words.at(step.at)}"
        return f"Entered when the clock of the entry’s {graph.entry.kind.label} came"

    def _held_out(self, step: Step) -> str:
        groups = control.of(self.person.profile_id, self.edition.graph, self.edition.account, self.edition.groups)
        named = " and ".join(f"the {name} control group" for name in groups) or "a control group"
        return f"Qualified{self._by(step)}, and was held out as part of {named}"

    def _refused(self, step: Step) -> str:
        return f"Did not enter{self._by(step)}: {REFUSED.get(step.reason or '', step.reason)}"

    def _arrived(self, step: Step) -> str:
        return f"Arrived at {self._node(step)}"

    def _left(self, step: Step) -> str:
        if step.via == "node_timeout":
            node = self.edition.graph.nodes.get(step.node or ENTRY)
            window = f" of {self.words.span(node.window)}" if node is not None and node.window else ""
            return f"Left {self._node(step)} via Node timeout: its window{window} had closed with nothing decided"
        if step.via == "met":
            return f"Waited for {self._node(step)}, and one of them was met"
        return f"Left {self._node(step)} via {via(step.via or '')}{self._path(step)}{self._by(step)}"

    def _message(self, step: Step) -> str:
        why = f", {step.reason}" if step.reason else ""
        return f"Message of {self._node(step)}: {(step.outcome or '').replace('_', ' ')}{why}"

    def _exited(self, step: Step) -> str:
        reason, graph = step.reason or "", self.edition.graph
        at = f" at {self._node(step)}" if step.node else ""
        if reason.startswith("goal_"):
            goal = int(reason.removeprefix("goal_"))
            goals = self.edition.document.goals
            name = goals[goal - 1].name if goal <= len(goals) else ""
            named = f"goal {goal} “{name}”" if name else f"goal {goal}"
            return f"Exited{at}: {named} was met{self._by(step)}"
        if reason == "journey_timeout" and graph.timeout:
            return f"Exited{at}: the journey timeout of {self.words.span(graph.timeout)} was over"
        return f"Exited{at}: {EXITS.get(reason, reason)}"

    def _node(self, step: Step) -> str:
        return self.words.node(self.edition.graph, step.node or ENTRY, self.edition.names)

    def _path(self, step: Step) -> str:
        """The name that a path of a split has been given."""
        node = self.edition.graph.nodes.get(step.node or ENTRY)
        paths = getattr(node.config, "paths", None) if node is not None else None
        if not paths or not step.via or not step.via.startswith("path_"):
            return ""
        name = getattr(paths[int(step.via.removeprefix("path_")) - 1], "name", "")
        return f" “{name}”" if name else ""

    def _by(self, step: Step) -> str:
        event = self.person.events.get(step.event) if step.event is not None else None
        if event is None:
            return ""
        if event.name in eventtypes.SYSTEM and step.what == "left":
            return ""  # the connector's name says it: Sent, Clicked
        when = "" if event.at == step.at else f" of {self.words.at(event.at)}"
        return f" by {self.words.event(event.name, event.properties)}{when}"

    # ---- the rules that decided

    def _because(self, step: Step) -> Iterator[Because]:
        node = self._asked(step)
        if node is None or step.via in ("node_timeout", "met"):
            return
        yield from self._drawn(step, node)
        event = self.person.events.get(step.event) if step.event is not None else None
        if event is None and step.event is None:
            yield from self._clock(step, node)
        at = event.at if event is not None else step.at
        # A midnight judges what was before it; any other instant includes what happened then.
        before = event is None and calendar.is_midnight(step.at, self.person.account.zone)
        until = (at, event.id) if event is not None else (at, -1) if before else None
        rules = [*node.kind.rules(node.config)]
        if (asked := node.kind.audience(node.config)) is not None:
            rules.append(asked)
        for rule in rules:
            properties = event.properties if event is not None else None
            yield from of_clauses(self.person.clauses(rule, at, until=until, event=properties))

    def _clock(self, step: Step, node: GraphNode) -> Iterator[Because]:
        """The event or the date that set the clock which decided a step."""
        if (known := node.kind.known_clock(node.config, self.person.account.zone)) is not None:
            name, _ = known
            value = history.fields([self.person.profile_id], lanes=[self.person.lane])
            yield Because(f"Their {name} led to this instant", None, spell(value[self.person.profile_id].get(name)))
        elif node.kind.clocked and node.events:
            interest = self.edition.interest()
            found = [it for it, _ in self.edition.heard(self.person, interest, most=LOADED, node=node)]
            walk = self.edition.probe(self.person, interest, found)
            for heard in found:
                if node.kind.fits(walk, node, heard) and node.kind.decided_at(node, heard) == step.at:
                    what = self.words.event(heard.name, heard.properties)
                    yield Because(f"{what} of {self.words.at(heard.at)} set the clock, which came undisturbed", True)
                    return

    def _drawn(self, step: Step, node: GraphNode) -> Iterator[Because]:
        """How a path of an experiment was chosen."""
        if not isinstance(node.config, IntelliNodeConfig) or step.what != "left":
            return
        shares = Shares.objects.filter(version=self.edition.version, node=node.number).first()
        percents = shares.percents if shares else [it.percent or 0 for it in node.config.paths]
        now = ", ".join(f"{via(name)} {share:g} %" for name, share in zip(node.kind.vias, percents, strict=False))
        winner = f"; Path {shares.winner} is the winner" if shares and shares.winner else ""
        yield Because("Drawn by chance, by the paths’ shares", None, f"now {now}{winner}")

    def _put_off(self, step: Step) -> list[Because]:
        """Why a message went out later than it was planned for."""
        its = (it for it in self._messages if it.node == step.node and it.finished_at == step.at)
        message = next(its, None)
        why = reasons.put_off(message.reason or "") if message is not None and step.outcome == "sent" else ""
        return [Because(f"It had waited since {self.words.at(message.at)}. {why}", None)] if message and why else []

    def _asked(self, step: Step) -> GraphNode | None:
        """Whose rules decided a step."""
        graph = self.edition.graph
        if step.what == "entered":
            return graph.entry
        if step.what == "left":
            return graph.nodes.get(step.node or ENTRY)
        if step.what == "exited" and (step.reason or "").startswith("goal_"):
            goal = int((step.reason or "").removeprefix("goal_"))
            return graph.goals[goal - 1] if goal <= len(graph.goals) else None
        return None

    def _unsent(self) -> Iterator[Line]:
        """Messages that the ledger knows no outcome of."""
        for it in self._messages:
            if it.status in ("queued", "sending", "cancelled"):
                where = self.words.node(self.edition.graph, it.node, self.edition.names)
                why = f", {it.reason}" if it.reason else ""
                said = "not sent" if it.status == "cancelled" else it.status
                yield Line(
                    it.finished_at or it.at, "message", f"Message of {where}: {said}{why}", _said(it.status, it.reason)
                )


def _said(status: str, reason: str | None) -> list[Because]:
    """Why a message was not sent, or is not yet."""
    said = reasons.words(status, reason)
    return [Because(said, None)] if said else []


# Where they are ------------------------------------------------------------------------------------------------------


def place(person: Person, stay: Stay, edition: Edition, words: Words, messages: list[Sent]) -> tuple[str, list[str]]:
    """Where somebody who is inside is, and everything that they wait for there, as sentences."""
    graph = edition.graph
    node = graph.nodes[stay.node]
    named = words.node(graph, stay.node, edition.names)
    where = {"asleep": "On the way to", "sending": "At", "waiting": "At"}[stay.phase]
    text = f"{where} {named} since {words.at(stay.arrived_at)}"
    waits = [*_waits(stay, node, edition, words, messages)]
    if stay.due_at is None:
        waits.append("No clock will move them; only an event can.")
    return text, waits


def _waits(stay: Stay, node: GraphNode, edition: Edition, words: Words, messages: list[Sent]) -> Iterator[str]:
    graph, account = edition.graph, edition.account
    if stay.phase == "asleep" and stay.decides_at is not None:
        yield f"Sleeps until {words.at(stay.decides_at)}."
    if stay.phase == "sending":
        yield from _sending(stay, messages, words)
    if stay.phase == "waiting":
        for part in node.parts:
            if part.events and part.outlets:
                yield f"Listens to {', '.join(sorted(part.events))}."
        if node.kind.role == "engagement" and node.outlets:
            over = DECIDED_ONCE if stay.outcome in DECIDED_ONCE else ()
            if possible := [via(it) for it in node.outlets if it != "node_timeout" and it not in over]:
                yield f"Waits for {', '.join(possible)}."
        if stay.outcome and node.kind.role == "engagement" and stay.outcome not in node.outlets:
            yield f"The message was {stay.outcome}, and that way out is not drawn, so they stay."
    for number, clock in sorted(stay.running().items()):
        if number > 0:
            yield f"A clock of {words.node(graph, number, edition.names)} comes on {words.at(clock.due)}."
        else:
            yield f"The clock of goal {-number} comes on {words.at(clock.due)}."
    if stay.closes_at is not None and stay.phase == "waiting":
        tick = calendar.tick(stay.closes_at, account.zone, account.tick_offset)
        length = f" of {words.span(node.window)}" if node.window else ""
        which = (
            "the first full hour"
            if account.tick_offset == 0
            else f"the first hourly tick, at minute {account.tick_offset},"
        )
        closes = words.at(stay.closes_at)
        yield f"Waits until {words.at(tick)}, {which} after the window{length}, which closes on {closes}."
    if stay.phase == "waiting" and node.tested_at_midnight:
        yield "Is tested at every midnight."
    if graph.midnight_goals:
        yield "Goals of past behaviour are judged at every midnight."
    if stay.deadline is not None:
        yield f"The journey timeout comes on {words.at(stay.deadline)}."
    if stay.due_at is not None:
        yield f"The clock looks at them next on {words.at(stay.due_at)}."


def _sending(stay: Stay, messages: list[Sent], words: Words) -> Iterator[str]:
    its = [it for it in messages if (it.version_id, it.node) == (stay.version_id, stay.node)]
    newest = its[0] if its else None
    if newest is None:
        yield "Waits for what becomes of the message."
        return
    said = reasons.words(newest.status, newest.reason)
    until = f" until {words.at(newest.due_at)}" if said and newest.due_at is not None else ""
    yield f"Waits for what becomes of the message, which is {newest.status}{until}." + (f" {said}" if said else "")
