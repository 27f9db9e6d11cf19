"""What a batch shares while it is decided who gets a message: limits, throttles, A/B tests, displays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from channels import policy
from channels.campaigns import Campaign
from channels.ondevice import Displays
from channels.outbox.rows import Claimed
from channels.policy import Sends, Slots
from channels.variants import Trial
from config.lib import sql
from config.lib.arrays import literal

SQL = sql.load(Path(__file__).with_suffix(".sql"))

# From a message's planned instant to its sending: quiet hours, dwell time and a provider that is down. Older messages
# are looked for only where a node counts for ever.
LONGEST_WAIT = timedelta(days=60)


class Sent(NamedTuple):
    """A message that counts for limits, as `sends` returns it. sent_at: None while it is being sent."""

    lane: int
    id: int
    profile_id: int
    channel: str
    journey_id: int
    node: int
    sent_at: datetime | None


def sends(claimed: list[Claimed], campaigns: dict[int, Campaign], now: datetime) -> Sends | None:
    """What decides about the batch's people where limits apply, in two statements; None where none applies.

    The people's lanes are locked first: of two messages of one person that two dispatchers hold, one is decided when
    the other counts.
    """
    under_limits = [m for m in claimed if (campaign := campaigns.get(m.campaign_id)) and campaign.limited]
    if not under_limits:
        return None
    sends, windows, forever = Sends(), [], set()
    for message in under_limits:
        campaign = campaigns[message.campaign_id]
        windows += [campaign.cap.window if campaign.cap else timedelta(), campaign.policy.every or timedelta()]
        if campaign.policy.ever is not None:
            forever.add((message.journey_id, message.node))
    since = now - max(windows)
    people = {(message.lane, message.profile_id) for message in under_limits}
    sql.rows(SQL["one_at_a_time"], {"lanes": literal({lane for lane, _ in people})})
    params = {
        "lanes": literal(lane for lane, _ in people),
        "people": literal(person for _, person in people),
        "since": since,
        "earliest": datetime.min.replace(tzinfo=UTC) if forever else since - LONGEST_WAIT,
        "journeys": literal(journey for journey, _ in forever),
        "nodes": literal(node for _, node in forever),
    }
    ours = {(message.lane, message.id) for message in claimed}  # of a dispatcher that died too
    for sent in map(Sent._make, sql.rows(SQL["sends"], params)):
        if sent.sent_at is not None:
            sends.note_sent(sent, sent.sent_at)
        elif (sent.lane, sent.id) not in ours:
            sends.note_under_way(sent, now + policy.LOOK_AGAIN)
    return sends


def slots(campaigns: dict[int, Campaign], now: datetime) -> dict[int, Slots]:
    """The five minutes that throttled campaigns are filling, by campaign, locked: one statement, none without any."""
    throttled = [id for id, campaign in campaigns.items() if campaign.policy.throttle]
    if not throttled:
        return {}
    return {id: Slots(*rest) for id, *rest in sql.rows(SQL["slots"], {"ids": literal(throttled), "now": now})}


def keep_slots(slots: dict[int, Slots]) -> None:
    if slots:
        given = slots.values()
        params = {"begins": literal(it.begins for it in given), "used": literal(it.used for it in given)}
        sql.run(SQL["take_slots"], params | {"ids": literal(slots)})


def displays(claimed: list[Claimed], campaigns: dict[int, Campaign], now: datetime) -> Displays:
    """How often the batch's people have come to what shows on their devices."""
    given = {id: campaign.policy.frequency for id, campaign in campaigns.items()}
    return Displays(claimed, {id: it for id, it in given.items() if it is not None and it.counts}, now=now)


def trials(campaigns: dict[int, Campaign], now: datetime) -> dict[int, Trial]:
    """The A/B tests of a batch, by campaign; those without a winner locked: one statement, none without any."""
    tested = {id: campaign for id, campaign in campaigns.items() if campaign.message.type == "ab"}
    trials = {id: Trial(winner=campaign.winner) for id, campaign in tested.items()}
    if open_ := [id for id, trial in trials.items() if not trial.winner]:
        rows = sql.rows(SQL["trials"], {"ids": literal(open_), "now": now})
        trials |= {id: Trial(*rest) for id, *rest in rows}
    return trials


def keep_trials(trials: dict[int, Trial]) -> None:
    if held := {id: trial for id, trial in trials.items() if not trial.winner}:
        given, decides_at = [it.given for it in held.values()], [it.decides_at for it in held.values()]
        sql.run(SQL["keep_trials"], {"ids": literal(held), "given": literal(given), "decides_at": literal(decides_at)})
