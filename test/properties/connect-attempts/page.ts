import { vi } from "vitest";
import { seeded } from "../../../packages/testkit/src/util/seeded.js";
import type { VirtualTime } from "./virtual-time.js";

/** How the page answers a question about a permission: not at all, after 2 ms, within 5 ms, after 700 ms, or never. */
export type Query = "none" | "fixed" | "random" | "slow" | "hanging";

const TAKES: Partial<Record<Query, number>> = { fixed: 2, slow: 700 };

/** How long a bot takes to start: always 2 ms, so that answers come in the order of the requests, or 0 to 4 ms. */
export type Starts = "in order" | "random";

/** The page that the client finds: its permissions, its network and its time. */
export const page = {
  query: "random" as Query,
  starts: "in order" as Starts,
  /** How many of the next starts fail. */
  failingStarts: 0,
  /** Whether the starts of two bots were answered in another order than they were requested. */
  answersCrossed: false,
};

/** Gives the client a page whose time is virtual, until `vi.unstubAllGlobals()`. */
export function stubPage(time: VirtualTime, seed: number): void {
  const random = seeded(seed);
  const permissions = {
    query: async (descriptor: { name: string }) => {
      if (page.query === "hanging") return new Promise(() => undefined);
      await time.sleep(TAKES[page.query] ?? random() * 5);
      return { state: "granted", name: descriptor.name };
    },
  };
  const navigator = {
    userAgent: "test",
    get permissions() {
      return page.query === "none" ? undefined : permissions;
    },
  };
  let requested = 0;
  let answered = 0;
  const fetch = async (): Promise<unknown> => {
    requested += 1;
    const turn = requested;
    const fails = page.failingStarts > 0;
    page.failingStarts -= 1;
    await time.sleep(page.starts === "in order" ? 2 : random() * 4);
    if (turn < answered) page.answersCrossed = true;
    answered = Math.max(answered, turn);
    if (fails) throw new Error("scripted: no such host");
    return { ok: true, json: () => Promise.resolve({ started: turn }) };
  };
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("navigator", navigator);
  vi.stubGlobal("fetch", fetch);
  vi.stubGlobal("setTimeout", time.set);
  vi.stubGlobal("clearTimeout", time.clear);
}
