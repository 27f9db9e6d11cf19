import { expect, test } from "vitest";
import { refusal, withQuery } from "./api";

test("a refusal keeps its sentence, code and places", () => {
  const problem = { code: "K01", level: "error" as const, field: "all.0", message: "Name an event." };
  const error = refusal(400, { code: "rule", message: "The rule has a problem.", problems: [problem] });
  expect(error).toMatchObject({ status: 400, code: "rule", message: "The rule has a problem.", problems: [problem] });
});

test("an answer without a sentence still gives one", () => {
  expect(refusal(403, { detail: "CSRF Failed." }).message).toBe("CSRF Failed.");
  expect(refusal(403, undefined).message).toContain("sign in again");
  expect(refusal(502, undefined)).toMatchObject({
    code: "http_502",
    message: "The server answered with an error (502).",
  });
});

test("a query string leaves out what is empty", () => {
  expect(withQuery("/names/", { kind: "event", q: "a&b", event: "" })).toBe("/names/?kind=event&q=a%26b");
  expect(withQuery("/names/", {})).toBe("/names/");
});
