import axe from "axe-core";
import { page, userEvent } from "vitest/browser";
import { afterEach, describe, expect, it, vi } from "vitest";
import { activeStates } from "../../../src/inspect/recording/words.js";
import { liveInspector, type LiveInspector, type LiveInspectorOptions } from "../../../src/inspect/index.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { sessionRig, wholeSession, type SessionRig } from "../../../packages/testkit/src/worlds/whole-session.js";

/** axe looks at every element there is. */
const SLOW = { timeout: 90_000 };

interface Shown {
  readonly inspector: LiveInspector;
  readonly rig: SessionRig;
  readonly root: ShadowRoot;
}

const cleanups: (() => void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await page.viewport(1280, 900);
});

function show(options: Partial<LiveInspectorOptions> = {}): Shown {
  const element = document.createElement("main");
  document.body.append(element);
  document.documentElement.lang = "en";
  document.title = "A page with an inspector";
  // Times as the session's own clock has them.
  const time = { now: () => 0 };
  const inspector = liveInspector({ element, now: () => time.now(), ...options });
  const rig = sessionRig({ inspect: inspector });
  time.now = () => rig.clock.now;
  cleanups.push(() => {
    inspector.stop();
    element.remove();
  });
  return { inspector, rig, root: element.firstElementChild!.shadowRoot! };
}

/** Two frames: the inspector draws in the first that comes. */
const drawn = async (): Promise<void> => {
  for (let frame = 0; frame < 2; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
};

const find = (root: ShadowRoot, selector: string): HTMLElement => {
  const found = root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`There is no ${selector}.`);
  return found;
};

const input = (root: ShadowRoot, selector: string): HTMLInputElement => {
  const found = find(root, selector);
  if (!(found instanceof HTMLInputElement)) throw new Error(`${selector} is no input.`);
  return found;
};

const lit = (root: ShadowRoot, chart: string): string[] =>
  [...root.querySelectorAll<SVGElement>(`[data-chart=${chart}] .state.active`)]
    .map(({ dataset }) => dataset.state!)
    .sort();

/** What the actors themselves say. */
function expected(rig: SessionRig): Map<string, string[]> {
  const root = rig.transport.actor.getSnapshot();
  const { microphone, speaker, connection, turns } = root.children;
  const of = (chart: string, snapshot: { readonly status: string; readonly value: unknown } | undefined) =>
    [chart, snapshot?.status === "active" ? [...activeStates(chart, snapshot.value as never)].sort() : []] as const;
  return new Map([
    of("transport", root),
    of("microphone", microphone?.getSnapshot()),
    of("speaker", speaker?.getSnapshot()),
    of("connection", connection?.getSnapshot()),
    of("turns", turns?.getSnapshot()),
  ]);
}

const lines = (root: ShadowRoot): string[] =>
  [...root.querySelectorAll(".event")].map((row) =>
    [...row.children].map(({ textContent }) => textContent).join(" | "),
  );

const buttonOf = (root: ShadowRoot, name: string): HTMLButtonElement => {
  const found = [...root.querySelectorAll("button")].find(
    (each) => (each.getAttribute("aria-label") ?? each.textContent) === name,
  );
  if (found === undefined) throw new Error(`There is no button ${name}.`);
  return found;
};

const violations = async (): Promise<unknown> => {
  const { violations: found } = await axe.run(document.querySelector("main")!);
  return found.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
};

describe("liveInspector: what it shows", () => {
  it.each([1, 0.6])("lights the states of every actor at every step of a session, at a zoom of %d", async (zoom) => {
    document.documentElement.style.zoom = String(zoom);
    cleanups.push(() => {
      document.documentElement.style.zoom = "";
    });
    const { rig, root } = show();
    await wholeSession(rig, async ({ name }) => {
      await drawn();
      for (const [chart, states] of expected(rig)) expect(lit(root, chart), `${name}: ${chart}`).toEqual(states);
    });
  });

  it("lists events with their time, their cause, and whether they were ignored", async () => {
    const { rig, root } = show();
    await wholeSession(rig);
    await drawn();
    const shown = lines(root);
    expect(shown).toContain("0.400 s | turns | user.started | outside");
    expect(shown.some((line) => line.endsWith("| connection | connection.closed | attempt"))).toBe(true);
    expect(shown.some((line) => line.endsWith("| connection | after wait | timer"))).toBe(true);
    expect(shown.some((line) => line.endsWith("| turns | bot.asked | outside, ignored"))).toBe(true);
    const ignored = [...root.querySelectorAll(".event.ignored .what")].map(({ textContent }) => textContent);
    expect(ignored).toContain("bot.asked");
  });

  it("details the latest event, and messages of the connection only where they are listed", async () => {
    const { inspector, rig, root } = show();
    await wholeSession(rig);
    inspector.message({ direction: "sent", type: "audio", size: 960 });
    inspector.statistics({ roundTripMs: 42 });
    await drawn();
    const details = find(root, ".facts");
    expect(details.textContent).not.toContain("round trip");
    expect(details.textContent).toMatch(/^(Event|Began)/);
    find(root, "input[type=checkbox]").click();
    await drawn();
    expect(details.textContent).toContain("measured: round trip 42 ms");
    expect(lines(root).slice(-2)).toEqual([
      expect.stringContaining("| connection | sent audio, 960 bytes"),
      expect.stringContaining("| connection | measured: round trip 42 ms"),
    ]);
  });

  it("shows who spoke when: turns, latency and interruptions", async () => {
    const { rig, root } = show();
    await wholeSession(rig);
    await drawn();
    const turns = [...root.querySelectorAll(".turns li")].map(({ textContent }) => textContent);
    expect(turns).toEqual([
      "0.400 s: User spoke 0.4 s",
      "2.000 s: Bot spoke 1.8 s, 1200 ms after the user",
      "4.200 s: User spoke 0.4 s",
      "5.800 s: Bot spoke 0.8 s, 1200 ms after the user, interrupted by user",
      "6.050 s: User spoke 1.5 s",
    ]);
    expect(root.querySelectorAll(".track.bot .bar")).toHaveLength(2);
    expect(root.querySelectorAll(".track.bot .interrupted")).toHaveLength(1);
    const [first, second] = root.querySelectorAll<HTMLElement>(".track.user .bar");
    expect(first!.getBoundingClientRect().left).toBeLessThan(second!.getBoundingClientRect().left);
  });

  it("shows context, and neither credentials nor names of devices", async () => {
    const secret = canary();
    const { rig, root, inspector } = show();
    await rig.transport.initDevices();
    await rig.transport.connect({ api_key: secret });
    await drawn();
    const text = root.textContent + JSON.stringify(inspector.export());
    expect(text).not.toContain(secret);
    expect(text).not.toContain("Scripted microphone");
    const acquired = [...root.querySelectorAll<HTMLElement>(".event")].find(
      ({ textContent }) => textContent.includes("mic.acquired") && textContent.includes("microphone"),
    );
    acquired!.click();
    await drawn();
    expect(find(root, "[aria-label='Context of the actor']").textContent).toContain('"label": "[not recorded]"');
    await rig.transport.disconnect();
  });
});

describe("liveInspector: time travel", () => {
  it("shows the charts as they were at any event, and returns to the present", async () => {
    const { rig, root } = show();
    await wholeSession(rig);
    await drawn();
    const slider = input(root, "input[type=range]");
    const row = [...root.querySelectorAll<HTMLElement>(".event")].find(({ textContent }) =>
      textContent.includes("voice.flushed"),
    );
    row!.click();
    await drawn();
    expect(lit(root, "turns")).toContain("turns.voice.flushing");
    expect(lit(root, "transport")).toContain("transport.lifecycle.session.live.ready");
    expect(slider.getAttribute("aria-valuetext")).toMatch(/^6\.550 s: voice\.flushed at turns$/);
    expect(find(root, ".mode").textContent).toBe("Looking at the past");
    expect([...root.querySelectorAll(".arrow.taken text")].map(({ textContent }) => textContent)).toContain(
      "voice.flushed",
    );
    buttonOf(root, "One event back").click();
    await drawn();
    expect(lit(root, "turns")).toContain("turns.voice.speaking");
    slider.value = "0";
    slider.dispatchEvent(new Event("input"));
    await drawn();
    expect(lit(root, "turns")).toEqual([]);
    buttonOf(root, "Live: follow what happens now").click();
    await drawn();
    expect(find(root, ".mode").textContent).toBe("Live");
    expect(lit(root, "transport")).toContain("transport.lifecycle.idle.disconnected.announced");
  });

  it("finds events by what is in them", async () => {
    const { rig, root } = show();
    await wholeSession(rig);
    const search = input(root, "input[type=search]");
    search.value = "Connection-Lost";
    search.dispatchEvent(new Event("input"));
    await drawn();
    const found = lines(root);
    expect(found.length).toBeGreaterThan(1);
    // The fault is also in what other charts did about it.
    expect(found.filter((line) => line.includes("connection")).length).toBeGreaterThan(1);
    expect(found.filter((line) => line.includes("mic."))).toEqual([]);
    search.value = "no such thing";
    search.dispatchEvent(new Event("input"));
    await drawn();
    expect(lines(root)).toEqual([]);
  });

  it("opens a recording that is dropped on it, and says what is wrong with another file", async () => {
    const first = show();
    await wholeSession(first.rig);
    const text = JSON.stringify(first.inspector.export());
    const { root } = show();
    const drop = (contents: string, name: string): void => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([contents], name, { type: "application/json" }));
      find(root, ".inspector").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    };
    drop("{}", "other.json");
    await vi.waitFor(() => {
      expect(find(root, "[role=alert]").textContent).toMatch(/^other\.json: This is not a recording/);
    });
    drop(text, "call.json");
    await vi.waitFor(() => {
      expect(find(root, ".mode").textContent).toBe("File: call.json");
    });
    expect(find(root, "[role=alert]").hidden).toBe(true);
    expect(lit(root, "transport")).toContain("transport.lifecycle.idle.disconnected.announced");
    expect(lines(root)).toEqual(lines(first.root));
  });
});

describe("liveInspector: for everyone", () => {
  it("is worked from the keyboard alone", async () => {
    const { rig, root } = show();
    await wholeSession(rig);
    await drawn();
    const active = (): Element | null => root.activeElement;
    const tabTo = async (is: (element: Element) => boolean): Promise<void> => {
      for (let count = 0; count < 40; count += 1) {
        await userEvent.keyboard("{Tab}");
        const element = active();
        if (element !== null && is(element)) return;
      }
      throw new Error("The Tab key does not lead there.");
    };
    await tabTo((element) => element.getAttribute("role") === "listbox");
    await userEvent.keyboard("{Home}{ArrowDown}");
    await drawn();
    const chosen = find(root, "[role=option][aria-selected=true]");
    expect(chosen).toBe(root.querySelectorAll("[role=option]")[1]);
    expect(active()!.getAttribute("aria-activedescendant")).toBe(chosen.id);
    await userEvent.keyboard("{End}");
    await drawn();
    expect([...root.querySelectorAll("[role=option]")].at(-1)!.getAttribute("aria-selected")).toBe("true");
    buttonOf(root, "Open a recording").focus();
    await tabTo((element) => element.getAttribute("role") === "tab");
    await userEvent.keyboard("{ArrowRight}");
    expect(active()!.textContent).toBe("transport");
    expect(root.querySelectorAll(".chart-figure")).toHaveLength(1);
    await userEvent.keyboard("{ArrowLeft}{ArrowLeft}");
    expect(active()!.textContent).toBe("speaker");
    await tabTo((element) => element.getAttribute("role") === "tabpanel");
  });

  it("moves on with each key, also with those that come within one frame", async () => {
    const { rig, root } = show();
    await wholeSession(rig);
    await drawn();
    const list = find(root, "[role=listbox]");
    for (const key of ["Home", "ArrowDown", "ArrowDown"]) list.dispatchEvent(new KeyboardEvent("keydown", { key }));
    await drawn();
    expect(find(root, "[role=option][aria-selected=true]")).toBe(root.querySelectorAll("[role=option]")[2]);
  });

  it.each(["light", "dark"] as const)("has nothing that axe finds fault with, %s, at any step", SLOW, async (theme) => {
    const { rig, root } = show({ theme });
    document.body.style.background = theme === "dark" ? "#000" : "#fff";
    expect(await violations()).toEqual([]);
    await wholeSession(rig);
    await drawn();
    expect(await violations()).toEqual([]);
    root.querySelectorAll<HTMLElement>(".event")[40]!.click();
    root.querySelectorAll<HTMLElement>("[role=tab]")[2]!.click();
    await drawn();
    expect(await violations()).toEqual([]);
  });

  it("fits a phone, where nothing is wider than the screen", SLOW, async () => {
    await page.viewport(375, 700);
    const { rig, root } = show();
    await wholeSession(rig);
    await drawn();
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(375);
    const wide = [...root.querySelectorAll(".body > *, .speech-panel, .scrubber, .row")].filter(
      (each) => each.getBoundingClientRect().right > 375,
    );
    expect(wide.map(({ className }) => className)).toEqual([]);
    expect(await violations()).toEqual([]);
  });

  it("opens at the part of a chart that `focus` names, fits it, and goes back to the whole", async () => {
    const { rig, root } = show({ focus: "transport.lifecycle.session.live" });
    await rig.transport.initDevices();
    await drawn();
    const drawing = root.querySelector<SVGSVGElement>(".charts svg")!;
    const seen = (state: string): boolean => {
      const { top, left, bottom, right } = drawing.getBoundingClientRect();
      const box = root.querySelector(`[data-state="${state}"]`)!.getBoundingClientRect();
      return box.top >= top - 1 && box.left >= left - 1 && box.bottom <= bottom + 1 && box.right <= right + 1;
    };
    expect(find(root, "[role=tab][aria-selected=true]").textContent).toBe("transport");
    expect(seen("transport.lifecycle.session.live.ready")).toBe(true);
    expect(seen("transport.lifecycle.session.live.recovering")).toBe(true);
    expect(seen("transport.calls.starting")).toBe(false);
    const label = root.querySelector(`[data-state="transport.lifecycle.session.live.ready"] .key`)!;
    expect(label.getBoundingClientRect().height).toBeGreaterThan(10);

    const part = root.querySelector<HTMLSelectElement>("select")!;
    expect(part.selectedOptions[0]!.textContent).toBe("lifecycle.session.live");
    await userEvent.selectOptions(part, "whole chart");
    expect(seen("transport.calls.starting")).toBe(true);
    expect(seen("transport.lifecycle.session.live.ready")).toBe(true);
  });

  it.each(["transport.lifecycle.nowhere", "transport.calls.held", "transports", ""])(
    "refuses the focus %j, and says what to pass",
    (focus) => {
      const element = document.createElement("main");
      expect(() => liveInspector({ element, focus })).toThrow(/pass the id of a chart or of a state that holds others/);
      expect(element.children).toHaveLength(0);
    },
  );

  it("changes between light and dark, whatever the page has", async () => {
    const { root } = show();
    const paper = (): string => getComputedStyle(find(root, ".inspector")).backgroundColor;
    const before = paper();
    buttonOf(root, "Light or dark").click();
    const turned = paper();
    expect(turned).not.toBe(before);
    buttonOf(root, "Light or dark").click();
    expect(paper()).toBe(before);
  });

  it("leaves the page when it is stopped, and records no more", async () => {
    const { rig, inspector } = show();
    await drawn();
    inspector.stop();
    expect(document.querySelector("main")!.children).toHaveLength(0);
    const before = inspector.export().entries.length;
    await rig.transport.initDevices();
    expect(inspector.export().entries).toHaveLength(before);
  });
});
