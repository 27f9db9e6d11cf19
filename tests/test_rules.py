"""docs/rules names what shows each rule; here, that it is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "rules").glob("*.md"))
SCENARIOS = {path.stem for path in (ROOT / "tests" / "scenarios").glob("*.yaml")}


def test_every_scenario_stands_beside_its_rule() -> None:
    told = "\n".join(page.read_text() for page in PAGES)
    assert [name for name in sorted(SCENARIOS) if name not in told] == []


def test_every_scenario_and_test_beside_a_rule_exists() -> None:
    lost = []
    for page in PAGES:
        text = page.read_text()
        for name in set(re.findall(r"\bdomain_\d\w+", text)):
            if not any(known.startswith(name) for known in SCENARIOS):
                lost.append(f"{page.name}: {name}")
        for file, name in set(re.findall(r"([\w/]+\.py)::(?:Test\w+::)?(test_\w+)", text)):
            if not (ROOT / file).is_file() or f"def {name}" not in (ROOT / file).read_text():
                lost.append(f"{page.name}: {file}::{name}")
    assert lost == []


def test_no_rule_stands_alone() -> None:
    rows = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for page in PAGES
        for line in page.read_text().splitlines()
        if line.startswith("| ") and not line.startswith("| Rule |")
    ]
    assert len(rows) > 500
    assert [row for row in rows if len(row) < 2 or not all(row[:2])] == []
