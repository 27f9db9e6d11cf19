"""Draws by hash: even, stable, independent of one another."""

from config.lib import draw


def test_a_share_of_profiles_is_drawn_and_always_the_same() -> None:
    drawn = [draw.percent(profile, "system") for profile in range(20_000)]
    assert drawn == [draw.percent(profile, "system") for profile in range(20_000)]
    assert 0.045 < sum(number < 5 for number in drawn) / len(drawn) < 0.055
    assert all(0 <= number < 100 for number in drawn)


def test_two_salts_draw_independently() -> None:
    both = sum(draw.percent(profile, "a") < 50 and draw.percent(profile, "b") < 50 for profile in range(20_000))
    assert 0.23 < both / 20_000 < 0.27
