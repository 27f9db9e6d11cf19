"""The canvas under the hand: clicks, drags and keys do what they say, and what is chosen stays in view."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from journeys.models import Version
from tests.journeys.canvas import block, node, opened, palette, still
from tests.journeys.documents import action, email, link, live

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def head(page: Page, number: int) -> Locator:
    return node(page, number).locator(".cv-head")


def kept(page: Page, version: Version) -> Any:
    """Save by keyboard, and read what is kept."""
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    return Version.objects.get(pk=version.pk).document


@pytest.mark.parametrize("key", ["Control", "Alt"])
def test_a_click_with_control_or_alt_duplicates_a_node_and_opens_nothing(cora: Page, key: Any) -> None:
    opened(cora, nodes=[email(1, name="First", position=[340, 0])])
    head(cora, 1).click(modifiers=[key])
    expect(node(cora, 2)).to_contain_text("First")
    expect(node(cora, 2).locator(".cv-box.selected")).to_be_visible()
    expect(cora.locator(".cv-panel")).to_have_count(0)
    one, other = node(cora, 1).bounding_box(), node(cora, 2).bounding_box()
    assert one
    assert other
    assert other["y"] >= one["y"] + one["height"]  # below it, not on it
    cora.keyboard.press("Control+z")
    expect(cora.locator(".react-flow__node-step")).to_have_count(1)


def test_a_node_opens_at_each_click_and_a_drag_opens_nothing(cora: Page) -> None:
    version = opened(cora, nodes=[email(1, position=[340, 0])])
    for _ in range(2):
        head(cora, 1).click()
        expect(cora.locator(".cv-panel")).to_contain_text("node 1")
        cora.get_by_role("button", name="Close the panel").click()
        expect(cora.locator(".cv-panel")).to_have_count(0)
    still(cora)
    box = head(cora, 1).bounding_box()
    assert box
    cora.mouse.move(box["x"] + 40, box["y"] + 10)
    cora.mouse.down()
    cora.mouse.move(box["x"] + 80, box["y"] + 90, steps=5)
    cora.mouse.up()
    expect(cora.get_by_text("Not saved")).to_be_visible()
    expect(cora.locator(".cv-panel")).to_have_count(0)
    assert kept(cora, version)["nodes"][0]["position"] != [340, 0]


def test_arrow_keys_move_what_is_chosen_and_it_stays_there(cora: Page) -> None:
    version = opened(cora, nodes=[email(1, position=[340, 0])])
    node(cora, 1).focus()
    cora.keyboard.press("Space")
    for _ in range(3):
        cora.keyboard.press("ArrowDown")
    cora.keyboard.press("ArrowRight")
    expect(cora.get_by_text("Not saved")).to_be_visible()
    assert kept(cora, version)["nodes"][0]["position"] == [350, 30]


@pytest.mark.parametrize("width", [1024, 1280])
def test_the_node_that_the_panel_is_about_stays_in_view(cora: Page, width: int) -> None:
    cora.set_viewport_size({"width": width, "height": 768})
    row = [email(at, position=[340 * at, 0]) for at in range(1, 5)]
    opened(cora, nodes=row, links=[link("entry", "yes", 1)])
    cora.evaluate("() => { window.edges = (of) => document.querySelector(of).getBoundingClientRect(); }")
    before = node(cora, 1).bounding_box()
    assert before
    for number in (4, 1):
        head(cora, number).click()
        expect(cora.locator(".cv-panel")).to_contain_text(f"node {number}")
        cora.wait_for_function(
            """number => {
                const node = edges(`.react-flow__node[data-id="${number}"]`);
                return node.left >= edges(".cv-board").left && node.right <= edges(".cv-panel").left;
            }""",
            arg=number,
        )
        cora.get_by_role("button", name="Close the panel").click()
    # Nobody has moved the board: it is where it was.
    cora.wait_for_function(
        """left => Math.abs(edges('.react-flow__node[data-id="1"]').left - left) < 2""", arg=before["x"]
    )


def test_shift_and_a_drag_on_the_board_choose_the_nodes_that_the_frame_touches(cora: Page) -> None:
    version = opened(cora, nodes=[email(at, position=[340, 250 * at]) for at in range(1, 4)])
    still(cora)
    one, two = head(cora, 1).bounding_box(), head(cora, 2).bounding_box()
    assert one
    assert two
    cora.keyboard.down("Shift")
    cora.mouse.move(one["x"] - 30, one["y"] - 20)
    cora.mouse.down()
    cora.mouse.move(two["x"] + 40, two["y"] + 10, steps=6)
    cora.mouse.up()
    cora.keyboard.up("Shift")
    expect(cora.locator(".cv-box.selected")).to_have_count(2)
    expect(cora.locator(".cv-panel")).to_have_count(0)
    head(cora, 3).click(modifiers=["Shift"])  # one more
    expect(cora.locator(".cv-box.selected")).to_have_count(3)
    head(cora, 1).click(modifiers=["Shift"])  # and one less
    expect(cora.locator(".cv-box.selected")).to_have_count(2)
    cora.keyboard.press("Delete")
    assert [it["id"] for it in kept(cora, version)["nodes"]] == [1]
    cora.keyboard.press("Control+z")
    expect(cora.locator(".react-flow__node-step")).to_have_count(3)


def test_several_chosen_nodes_are_dragged_together(cora: Page) -> None:
    version = opened(cora, nodes=[email(at, position=[340, 250 * at]) for at in range(1, 3)])
    still(cora)
    cora.keyboard.press("Control+a")
    expect(cora.locator(".cv-box.selected")).to_have_count(2)
    box = head(cora, 1).bounding_box()
    assert box
    cora.mouse.move(box["x"] + 40, box["y"] + 10)
    cora.mouse.down()
    cora.mouse.move(box["x"] + 100, box["y"] + 70, steps=5)
    cora.mouse.up()
    (x1, y1), (x2, y2) = (it["position"] for it in kept(cora, version)["nodes"])
    assert (x1, y1) != (340, 250)
    assert (x2 - x1, y2 - y1) == (0, 250)


def test_a_line_drawn_to_nowhere_asks_what_comes_next(cora: Page) -> None:
    version = opened(cora, nodes=[email(1, position=[340, 0])])
    head(cora, 1).click()
    cora.get_by_role("button", name="Close the panel").click()
    still(cora)
    clicked = node(cora, 1).locator(".react-flow__handle[data-handleid=clicked]")
    clicked.drag_to(cora.locator(".react-flow__pane"), target_position={"x": 660, "y": 440})
    dialog = cora.get_by_role("dialog", name="What comes after node 1?")
    expect(dialog.get_by_label("On", exact=True)).to_have_value("clicked")
    dialog.get_by_label("go to").select_option("SMS (new)")
    dialog.get_by_role("button", name="Connect").click()
    expect(cora.get_by_role("complementary", name="SMS")).to_be_visible()
    document = kept(cora, version)
    assert [it["kind"] for it in document["nodes"]] == ["email", "sms"]
    assert {"from": 1, "via": "clicked", "to": 2} in document["links"]


def test_nodes_go_from_one_journey_to_another(cora: Page) -> None:
    cora.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(cora, nodes=[email(1), action(2)], links=[link("entry", "yes", 1), link(1, "node_timeout", 2)])
    cora.keyboard.press("Control+a")
    expect(cora.locator(".cv-box.selected")).to_have_count(2)
    cora.keyboard.press("Control+c")
    other = opened(cora, name="Another")
    cora.keyboard.press("Control+v")
    expect(node(cora, 3)).to_be_in_viewport()
    document = kept(cora, other)
    assert [it["kind"] for it in document["nodes"]] == ["email", "email", "action"]
    assert document["links"][1:] == [{"from": 2, "via": "node_timeout", "to": 3}]


def test_what_does_not_fit_says_why(cora: Page) -> None:
    opened(cora, entry=live(segment=None))
    palette(cora, "Entry", "Past behaviour").click(force=True)  # aria-disabled
    expect(cora.get_by_role("status").filter(has_text="choose that under Setup")).to_be_visible()
    cora.get_by_role("searchbox", name="Search the palette").fill("force")
    palette(cora, "Controllers", "Force exit").drag_to(block(cora, "Goals"))
    expect(cora.get_by_role("status").filter(has_text="Force exit cannot be a goal.")).to_be_visible()
    expect(cora.get_by_role("navigation", name="What can be added").get_by_role("button")).to_have_count(1)


def test_a_file_takes_the_place_of_a_draft_until_undo(cora: Page) -> None:
    opened(cora)
    given = {"name": "Out of a file", "nodes": [action(7)], "links": []}
    file = {"name": "given.json", "mimeType": "application/json", "buffer": json.dumps(given).encode()}
    cora.get_by_label("A journey document").set_input_files([file])  # type: ignore[list-item]
    expect(node(cora, 7)).to_be_visible()
    cora.keyboard.press("Control+z")
    expect(node(cora, 1)).to_be_visible()


def test_the_map_is_asked_for_and_hides_no_node(cora: Page) -> None:
    opened(cora)
    expect(cora.locator(".react-flow__minimap")).to_have_count(0)
    cora.keyboard.press("m")
    expect(cora.locator(".react-flow__minimap")).to_be_visible()
    cora.keyboard.press("f")
    cora.wait_for_function(
        """() => {
            const nodes = [...document.querySelectorAll(".react-flow__node")].map((it) => it.getBoundingClientRect());
            const map = document.querySelector(".react-flow__minimap").getBoundingClientRect();
            return nodes.every((it) => it.bottom <= map.top || it.right <= map.left);
        }"""
    )
    cora.reload()
    expect(cora.locator(".react-flow__minimap")).to_be_visible()


def test_of_200_nodes_only_the_dragged_one_is_drawn_anew(cora: Page) -> None:
    nodes = [email(at, position=[340 * (1 + (at - 1) % 20), 260 * ((at - 1) // 20)]) for at in range(1, 201)]
    chain = [link(at, "node_timeout", at + 1) for at in range(1, 200)]
    opened(cora, nodes=nodes, links=[link("entry", "yes", 1), *chain])
    cora.evaluate(
        """() => {
            window.touched = new Set();
            new MutationObserver((all) => {
                for (const { target } of all) {
                    const box = target.closest?.(".react-flow__node");
                    if (box) window.touched.add(box.dataset.id);
                }
            }).observe(document.querySelector(".react-flow__nodes"), {
                subtree: true, childList: true, attributes: true,
            });
        }"""
    )
    box = node(cora, 47).bounding_box()
    assert box
    cora.mouse.move(box["x"] + box["width"] / 2, box["y"] + 3)
    cora.mouse.down()
    cora.mouse.move(box["x"] + 40, box["y"] + 30, steps=10)
    cora.mouse.up()
    expect(cora.get_by_text("Not saved")).to_be_visible()
    assert cora.evaluate("[...window.touched]") == ["47"]
