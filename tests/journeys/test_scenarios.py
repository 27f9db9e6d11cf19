"""Every scenario of tests/scenarios plays as it says, and loses nobody. Files are named after the rule they show."""

from pathlib import Path

import pytest

from journeys import selectors
from journeys.models import Version
from journeys.rehearsal import report, scenario
from journeys.rehearsal.play import Player
from journeys.rehearsal.scratch import scratch

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("domain_*.yaml"))


@pytest.mark.django_db
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_plays_as_it_says(path: Path) -> None:
    read = scenario.read(path)
    assert read.expect, "a scenario without expectations shows nothing"
    with scratch(read.account):
        player = Player(read, scenario.rows(read, path.parent))
        player.play()
        result = report.report(player)
        lost = [
            sentence for pk in Version.objects.values_list("pk", flat=True) for sentence in selectors.conservation(pk)
        ]
    assert report.mismatches(read, result["people"]) == []
    assert lost == []
    for identity, expected in read.expect.items():
        assert expected or not result["people"][identity], f"{identity} was to be left alone"
