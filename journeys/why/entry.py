"""Why somebody is not inside: every condition of domain 3.4, one by one, against what is known of the person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from journeys import calendar, control
from journeys.engine.record import Record
from journeys.engine.stay import Heard
from journeys.models import Journey, Run, Status
from journeys.why.reading import Edition, Person, Step
from journeys.why.story import EXITS, REFUSED
from journeys.why.words import Because, Words, number, of_clauses, via
from segments import history
from segments.words import sentence, spell

MOST_EVENTS = 5  # of those that the entry listens to, the newest
LOADED = 25  # of them that are read, so that what came after an event is known
MOST_RUNS = 3
ADMITTING = (Status.LIVE, Status.SCHEDULED)


class Entry:
    """One person at the entry of one version, in which they are not."""

    def __init__(self, person: Person, edition: Edition, words: Words, now: datetime) -> None:
        self.person, self.edition, self.words, self.now = person, edition, words, now
        self.graph = edition.graph
        self._decided = [
            it
            for it in person.steps
            if it.version_id == edition.version.pk and it.what in ("entered", "held_out", "refused")
        ]

    def because(self) -> list[Because]:
        """Every condition, in the order in which they are asked; the entry segment, with what was seen of it, last."""
        return [
            self._version(),
            self._timeline(),
            *self._once(),
            self._control(),
            *self._cap(),
            *self._segment(),
        ]

    # ---- the version and the person

    def _version(self) -> Because:
        state, since = self.edition.state(self.now)
        seen = state if since is None else f"{state} since {self.words.at(since)}"
        return Because(f"Version {self.graph.number} is live", self.edition.version.status == Status.LIVE, seen)

    def _timeline(self) -> Because:
        start, end = self.graph.start_at, self.graph.end_at
        until = f", before {self.words.at(end)}" if end else ""
        ok = start <= self.now and (end is None or self.now < end)
        if self.graph.criteria == "past":  # its runs are asked below
            return Because(f"Entry has begun: its first run is on {self.words.at(start)}", start <= self.now)
        seen = "" if ok else ("not begun yet" if self.now < start else "over")
        return Because(f"Now is in the entry timeline: from {self.words.at(start)}{until}", ok, seen)

    def _once(self) -> Iterator[Because]:
        stay = self.person.stays.get(self.edition.version.pk)
        seen = "never entered it"
        if stay is not None:
            seen = f"entered on {self.words.at(stay.entered_at)}"
            if stay.exited_at is not None:
                seen += f", left on {self.words.at(stay.exited_at)}: {_left(stay.reason)}"
        if self.graph.re_entry:
            yield Because("They may enter again once they have left: re-entry is on", True, seen)
        else:
            text = f"They have never entered version {self.graph.number}: re-entry is off"
            yield Because(text, stay is None, seen)

    def _control(self) -> Because:
        groups = control.of(self.person.profile_id, self.graph, self.edition.account, self.edition.groups)
        text = "They are in none of the control groups that the journey holds out"
        if groups:
            return Because(text, False, " and ".join(f"in the {name} control group" for name in groups))
        asked = control.has_group(self.graph, self.edition.account, self.edition.groups)
        return Because(text, True, "in none" if asked else "the journey holds nobody out")

    def _cap(self) -> Iterator[Because]:
        cap = self.graph.cap
        if cap.total is None and cap.per_day is None:
            return
        total, today = self.edition.entered(calendar.local_date(self.now, self.edition.account.zone))
        if cap.total is not None:
            yield Because(
                f"There is room: at most {number(cap.total, 'person')} in all", total < cap.total, f"{total} entered"
            )
        if cap.per_day is not None:
            yield Because(f"There is room: at most {cap.per_day} a day", today < cap.per_day, f"{today} entered today")

    # ---- the entry segment

    def _segment(self) -> Iterator[Because]:
        kind, config = self.graph.entry.kind, self.graph.entry.config
        if (outcome := kind.triggered_by(config)) is not None:
            yield self._trigger(outcome)
        elif self.graph.criteria == "past":
            yield from self._runs()
        else:
            clock = kind.known_clock(config, self.edition.account.zone)
            yield from self._events() if clock is None else self._known_date(*clock)

    def _trigger(self, outcome: tuple[int, int, str]) -> Because:
        journey_id, node, connector = outcome
        name = Journey.objects.filter(pk=journey_id).values_list("name", flat=True).first()
        at = self.person.took(outcome)
        journey = f"“{name}”" if name else f"journey {journey_id}, which is gone"
        text = f"They take {via(connector)} at node {node} of {journey}, while entry is open"
        step = self._step(at) if at is not None else None
        if at is None:
            return Because(text, False, "never did")
        ok = step is not None and step.what == "entered"
        return Because(text, ok, f"last on {self.words.at(at)}: {self._decision(step, at)}")

    def _known_date(self, name: str, instant: object) -> Iterator[Because]:
        """An entry by a date of the profile: no event need begin it."""
        fields = history.fields([self.person.profile_id], lanes=[self.person.lane]).get(self.person.profile_id, {})
        value = fields.get(name)
        at = instant(value) if value is not None and callable(instant) else None
        yield Because(f"Their {name} is a date", at is not None, spell(value))
        if at is None:
            return
        watch = next((it for it in self.person.watches if it.role == "qualifying"), None)
        step = self._step(at)
        text = f"The instant that it leads to comes, while entry is open: {self.words.at(at)}"
        if step is not None:
            yield Because(text, step.what == "entered", self._decision(step, at))
        elif watch is not None and watch.due_at is not None:
            yield Because(text, False, f"still to come: they are decided about on {self.words.at(watch.due_at)}")
        else:
            yield Because(
                text, False, "still to come" if at > self.now else "it had passed when the journey learnt of it"
            )
        yield from self._filters(min(at, self.now), None)

    def _filters(self, at: datetime, until: tuple[datetime, int] | None, depth: int = 0) -> Iterator[Because]:
        rule = self.graph.entry.filters
        if rule is not None:
            yield from of_clauses(self.person.clauses(rule, at, until=until), depth)

    # ---- past entries

    def _runs(self) -> Iterator[Because]:
        runs = [*Run.objects.filter(version=self.edition.version, at__lte=self.now).order_by("-at")[:MOST_RUNS]]
        rules = self.graph.entry.kind.entrants(self.graph.entry.config)
        asked = "; or by No: ".join(sentence(rule) for name, rule in rules.items() if name in self.graph.entry.outlets)
        text = f"At a run they match: {asked}"
        if not runs:
            yield Because(text, False, "no run was made yet")
            yield from self._matched(self.now, None)
        for run in runs:
            step = self._step(run.at)
            seen = f"run of {self.words.at(run.at)}: "
            if run.skipped:
                yield Because(text, False, seen + "skipped, as it came during a pause or was missed by hours")
            elif step is not None:
                yield Because(text, step.what == "entered", seen + self._decision(step, run.at))
            else:
                midnight = calendar.is_midnight(run.at, self.edition.account.zone)
                found = [*self._matched(run.at, (run.at, -1) if midnight else None)]
                matched = any(it.ok for it in found if it.depth == 1)
                barred = REFUSED["inside" if self.graph.re_entry else "entered_before"]
                seen += f"they match, but {barred}" if matched else "they did not match"
                if self.person.lane not in run.lanes_done:
                    seen = f"run of {self.words.at(run.at)}: under way"
                yield Because(text, False, seen)
                yield from found

    def _matched(self, at: datetime, until: tuple[datetime, int] | None) -> Iterator[Because]:
        for name, rule in self.graph.entry.kind.entrants(self.graph.entry.config).items():
            if name in self.graph.entry.outlets:
                yield from of_clauses(self.person.clauses(rule, at, until=until), 1)

    # ---- live entries

    def _events(self) -> Iterator[Because]:
        entry = self.graph.entry
        named = " or ".join(f"“{name}”" for name in sorted(entry.events))
        text = f"They did {named} in a way that qualifies, while entry was open"
        interest = self.edition.interest()
        found = self.edition.heard(self.person, interest, most=LOADED)
        if not found:
            yield Because(text, False, "never did")
            return
        heards = [heard for heard, _ in found]
        walk = self.edition.probe(self.person, interest, heards)
        occurrences = [self._occurrence(walk, heard, routed, heards) for heard, routed in found[:MOST_EVENTS]]
        shown = 0
        if entry.kind.watches:  # the newest that could begin something says more than one that only ends it
            shown = next((n for n, it in enumerate(heards[:MOST_EVENTS]) if entry.kind.fits(walk, entry, it)), 0)
        newest = occurrences[shown][0]
        ok = any(parts[0].ok for parts in occurrences)
        yield Because(text, ok, f"the newest, {newest.text}: {newest.seen}")
        for parts in occurrences:
            yield from (part.deeper() for part in parts)

    def _occurrence(self, walk: Record, heard: Heard, routed: bool, heards: Sequence[Heard]) -> list[Because]:
        """One event: what became of it, and everything that was asked of it."""
        entry = self.graph.entry
        title = f"{self.words.event(heard.name, heard.properties)} on {self.words.at(heard.at)}"
        told = [Because(it.text, it.holds, it.seen, 1) for it in entry.kind.tells(walk, entry, heard)]
        if not routed:
            return [Because(title, None, "it is still to be routed"), *told]
        if (step := self._step(heard.clock, heard.id)) is not None:
            return [Because(title, step.what == "entered", self._decision(step, heard.at)), *told]
        if (barred := self._too_soon_or_late(heard)) is not None:
            return [Because(title, False, barred), *told]
        if not entry.kind.fits(walk, entry, heard):
            failing = next((it for it in told if not it.ok), None)
            return [
                Because(title, False, _failing(failing)),
                *told,
            ]
        due = entry.kind.decided_at(entry, heard)
        if due is not None and due > heard.clock:
            return [
                Because(title, False, self._begun(heard, due, heards)),
                *told,
                *self._filters(min(due, self.now), None, 1),
            ]
        clauses = [*self._filters(heard.at, (heard.at, heard.id), 1)]
        if clauses and not clauses[0].ok and "no" not in entry.outlets:
            return [Because(title, False, "its filters do not hold, and No is not drawn"), *told, *clauses]
        failing = next((it for it in told if not it.ok), None)  # what leads to No, which is not drawn
        return [Because(title, False, _failing(failing) if failing else self._elsewhere(heard)), *told, *clauses]

    def _too_soon_or_late(self, heard: Heard) -> str | None:
        """Why an event could begin nothing, whatever it was."""
        start, end, published = self.graph.start_at, self.graph.end_at, self.edition.version.published_at
        if published is not None and heard.clock < published:
            return f"it reached us before version {self.graph.number} was published, on {self.words.at(published)}"
        if heard.at < start:
            return f"it happened before entry began, on {self.words.at(start)}"
        if end is not None and heard.at >= end:
            return f"it happened when entry was over, on {self.words.at(end)}"
        state, since = self.edition.state(heard.clock)
        if state not in ADMITTING:
            when = f" since {self.words.at(since)}" if since else ""
            return f"it came during a pause{when}" if state == Status.PAUSED else f"the version was {state}{when}"
        if not Record.in_time(heard):
            minutes = int((heard.clock - heard.at).total_seconds() // 60)
            return f"it reached us {number(minutes, 'minute')} after it happened; over 60 minutes it moves nobody"
        return None

    def _begun(self, heard: Heard, due: datetime, heards: Sequence[Heard]) -> str:
        """What became of an event that only begins an entry, which a clock decides about later."""
        entry = self.graph.entry
        if (undone := next((it for it in reversed(heards) if entry.kind.undoes(entry, heard, it)), None)) is not None:
            what = self.words.event(undone.name, undone.properties)
            return f"it began a wait until {self.words.at(due)}, which {what} of {self.words.at(undone.at)} took back"
        if due > self.now:
            return f"it began a wait; they are decided about on {self.words.at(due)}"
        if (step := self._step(due)) is not None:
            return self._decision(step, due)
        state, _ = self.edition.state(due)
        if state not in ADMITTING:
            return f"its wait was over on {self.words.at(due)}, when the version was {state}: that is lost"
        return f"its wait was over on {self.words.at(due)}, and did not lead inside"

    def _elsewhere(self, heard: Heard) -> str:
        """An event that could have admitted, and of which the ledger tells no decision about entry."""
        moved = next((it for it in self.person.steps if it.event == heard.id and it.what in ("left", "exited")), None)
        if moved is None:
            return "the ledger tells of no decision; the way out by which they would enter is not drawn"
        did = "led them out of the journey" if moved.what == "exited" else "moved them on inside the journey"
        return f"it {did}, and one event decides one thing only"

    # ---- what the ledger says

    def _step(self, at: datetime, event: int | None = None) -> Step | None:
        """The decision about entry of an instant, of an event if several were made."""
        found = [it for it in self._decided if it.at == at]
        return next((it for it in found if it.event in (event, None)), None) if event is not None else _last(found)

    def _decision(self, step: Step | None, at: datetime) -> str:
        if step is None:
            return "it did not lead inside"
        if step.what == "entered":
            return "they entered"
        if step.what == "held_out":
            return "they qualified and were held out as part of a control group"
        return REFUSED.get(step.reason or "", step.reason or "they were refused")


def _last(steps: list[Step]) -> Step | None:
    return steps[-1] if steps else None


def _failing(part: Because | None) -> str:
    """The condition of an event that does not hold, and what was seen."""
    return f"{part.text} is asked for; seen: {part.seen}" if part else "it does not fit"


def _left(reason: str | None) -> str:
    if reason and reason.startswith("goal_"):
        return f"goal {reason.removeprefix('goal_')} was met"
    return EXITS.get(reason or "", reason or "")
