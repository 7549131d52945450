import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whenPermissionsAnswered } from "../../../src/transport/permissions-query.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page that answers its questions as the test does. */
function page(query: (descriptor: { name: string }) => Promise<unknown>): void {
  vi.stubGlobal("navigator", { permissions: { query } });
}

it("permissions query: a page that cannot be asked is waited for in no more than a task of its own", () => {
  vi.stubGlobal("navigator", {});
  const lapsed = vi.fn();
  whenPermissionsAnswered(lapsed);
  expect(lapsed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(0);
  expect(lapsed).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it("permissions query: it calls back once, a little after both questions are answered or refused", async () => {
  const asked: string[] = [];
  page(({ name }) => {
    asked.push(name);
    return name === "camera" ? Promise.reject(new TypeError("unknown permission")) : Promise.resolve();
  });
  const lapsed = vi.fn();
  whenPermissionsAnswered(lapsed);
  expect(asked).toEqual(["microphone", "camera"]);
  await vi.advanceTimersByTimeAsync(49);
  expect(lapsed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(lapsed).toHaveBeenCalledOnce();
  expect(vi.getTimerCount(), "it leaves no timer").toBe(0);
});

it("permissions query: a page that does not answer is not waited for for ever, and its late answer changes nothing", async () => {
  const answers: (() => void)[] = [];
  page(() => new Promise((resolve) => answers.push(() => resolve(undefined))));
  const lapsed = vi.fn();
  whenPermissionsAnswered(lapsed);
  await vi.advanceTimersByTimeAsync(500);
  expect(lapsed).toHaveBeenCalledOnce();
  for (const answer of answers) answer();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(lapsed).toHaveBeenCalledOnce();
});
