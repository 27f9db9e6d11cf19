import { expect, test } from "vitest";
import { begin, change, redo, undo } from "./undo";

test("undo and redo walk through the changes", () => {
  const three = change(change(begin("a"), "b", "", 0), "c", "", 1);
  expect(undo(three).present).toBe("b");
  expect(undo(undo(three)).present).toBe("a");
  expect(undo(undo(undo(three))).present).toBe("a");
  expect(redo(undo(three)).present).toBe("c");
  expect(redo(three)).toBe(three);
});

test("letters typed quickly into one place are one step, a pause begins another", () => {
  let steps = begin("");
  steps = change(steps, "g", "plan", 1000);
  steps = change(steps, "go", "plan", 1300);
  steps = change(steps, "gold", "plan", 2500);
  expect(undo(steps).present).toBe("go");
  expect(undo(undo(steps)).present).toBe("");
});

test("a change elsewhere, or after undoing, is a step of its own", () => {
  let steps = change(begin("a"), "b", "plan", 0);
  steps = change(steps, "c", "city", 10);
  expect(undo(steps).present).toBe("b");
  steps = change(undo(steps), "d", "city", 20);
  expect(steps.future).toEqual([]);
  expect(undo(steps).present).toBe("b");
});
