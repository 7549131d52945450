import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createActor, setup } from "xstate";
import { connectionMachine, speakerMachine, transportMachine, turnsMachine } from "../../../machines/index.js";
import {
  differenceWords,
  flightRecorder,
  readRecording,
  replay,
  replayCommand,
  storyOf,
  type FlightRecorder,
  type FlightRecorderOptions,
  type Recording,
} from "../../../src/inspect/index.js";
import { InvalidOptionsError } from "../../../src/index.js";
import { collectGarbage } from "../../../packages/testkit/src/util/garbage.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { ScriptedNetwork } from "../../../packages/testkit/src/worlds/world.js";
import {
  sessionRig,
  wholeSession,
  WHOLE_SESSION,
  type SessionRig,
} from "../../../packages/testkit/src/worlds/whole-session.js";
import type { TransportOptions } from "../../../src/options.js";

interface Recorded extends SessionRig {
  readonly recorder: FlightRecorder;
  readonly network: ScriptedNetwork;
}

function start(options: FlightRecorderOptions = {}, transport: TransportOptions = {}): Recorded {
  const time = { now: () => 0 };
  const recorder = flightRecorder({ now: () => time.now(), ...options });
  const network = new ScriptedNetwork();
  const rig = sessionRig({ inspect: recorder, network, ...transport });
  time.now = () => rig.clock.now;
  return { ...rig, recorder, network };
}

/** As it comes out of a file. */
const fileOf = (recorder: FlightRecorder): string => JSON.stringify(recorder.export());

/** As a peer connection after half an hour. */
const MEASURED = {
  bufferedAmount: 65_536,
  bytesSent: 12_345_678,
  bytesReceived: 12_345_678,
  roundTripMs: 142,
  packetsSent: 90_000,
  packetsSentLost: 1_234,
  packetsReceived: 90_000,
  packetsReceivedLost: 1_234,
  jitterMs: 12,
  concealedMs: 12_345,
  playedMs: 1_234_567,
  waitingMs: 12_345,
  underruns: 12,
};

const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

async function ready({ transport }: SessionRig): Promise<void> {
  await transport.connect();
  await transport.sendReadyMessage();
  await rest();
}

describe("replay: of another build", () => {
  const recordedLoss = async (): Promise<string> => {
    const rig = start();
    await ready(rig);
    rig.transport.service.dropped(true);
    await rest();
    rig.clock.advance(2_000);
    await rest();
    return fileOf(rig.recorder);
  };

  it("names the first event that differs, when one guard is flipped", async () => {
    const connection = connectionMachine.provide({
      guards: { isFinal: ({ context }) => context.fault?.retryable === true },
    });
    const { difference } = replay(await recordedLoss(), { charts: { connection } });
    expect(difference).toMatchObject({
      actor: "connection",
      event: "connection.closed",
      of: "state",
      replayed: "refused",
    });
    expect(differenceWords(difference!).join("\n")).toMatch(
      /^The first event that differs: connection\.closed at connection/,
    );
  });

  it("names it also where only the context differs, and where the build throws", async () => {
    const file = await recordedLoss();
    const careless = connectionMachine.provide({ actions: { countOpening: () => undefined } });
    expect(replay(file, { charts: { connection: careless } }).difference).toMatchObject({
      actor: "connection",
      event: "connection.opened",
      of: "context",
    });
    const defective = turnsMachine.provide({
      guards: {
        isFresh: () => {
          throw new Error("defect");
        },
      },
    });
    const thrown = replay(file, { charts: { turns: defective } }).difference;
    expect(thrown).toMatchObject({ actor: "turns", event: "connection.ready", of: "error" });
  });

  it("counts what it has no chart for", async () => {
    const recording = JSON.parse(await recordedLoss()) as Recording;
    const foreign = JSON.parse(
      JSON.stringify(recording).replaceAll('"chart":"speaker"', '"chart":"loudspeaker"'),
    ) as unknown;
    const replayed = replay(foreign);
    expect(replayed.difference).toBeUndefined();
    expect(replayed.skipped).toBeGreaterThan(0);
    expect(replay(foreign, { charts: { loudspeaker: speakerMachine } })).toMatchObject({ skipped: 0 });
  });
});

describe("flightRecorder: the ring", () => {
  it("forgets what is older than its seconds, and replays from the middle of a session", async () => {
    const rig = start({ seconds: 3 });
    await wholeSession(rig);
    const { base, entries, until } = rig.recorder.export();
    expect(entries[0]!.at).toBeGreaterThanOrEqual(until - 3_000);
    expect(base.map(({ chart }) => chart)).toEqual(expect.arrayContaining(["transport", "connection", "turns"]));
    const replayed = replay(fileOf(rig.recorder));
    expect(replayed.difference).toBeUndefined();
    expect(replayed.skipped).toBe(0);
    expect(replayed.steps).toBeGreaterThan(10);
  });

  it("stays below its bytes", async () => {
    const rig = start({ bytes: 4_000 });
    await wholeSession(rig);
    const { entries } = rig.recorder.export();
    expect(JSON.stringify(entries).length).toBeLessThan(4_100);
    expect(entries.length).toBeGreaterThan(10);
    expect(replay(fileOf(rig.recorder))).toMatchObject({ skipped: 0 });
    expect(replay(fileOf(rig.recorder)).difference).toBeUndefined();
  });

  it("stays below its bytes with what had begun before its entries, however many sessions that were", async () => {
    const rig = start({ bytes: 20_000 });
    const sizes: number[] = [];
    for (let session = 0; session < 60; session += 1) {
      await ready(rig);
      await rig.transport.disconnect();
      sizes.push(fileOf(rig.recorder).length);
    }
    expect(sizes.at(-1)).toBeLessThan(22_500);
    const { base } = rig.recorder.export();
    expect(base.filter(({ actor }) => actor.startsWith("capture")).length).toBeLessThan(2);
    expect(replay(fileOf(rig.recorder))).toMatchObject({ skipped: 0 });
    expect(replay(fileOf(rig.recorder)).difference).toBeUndefined();
  });

  it("keeps no transport that nobody has any more, nor a word of it but for its entries", async () => {
    const recorder = flightRecorder({ bytes: 12_000 });
    const made: WeakRef<object>[] = [];
    for (let each = 0; each < 12; each += 1) {
      const rig = sessionRig({ inspect: recorder });
      made.push(new WeakRef(rig.transport));
      await ready(rig);
      await rig.transport.disconnect();
      await collectGarbage();
    }
    expect(made.slice(0, -1).map((reference) => reference.deref())).toEqual(Array(11).fill(undefined));
    const { base } = recorder.export();
    expect(base.filter(({ chart }) => chart === "transport").length).toBeLessThan(3);
    expect(replay(recorder.export()).difference).toBeUndefined();
  });

  it("tells when an actor was stopped, by whom, and which timers were", async () => {
    const rig = start();
    await ready(rig);
    await rig.transport.disconnect();
    const { entries } = rig.recorder.export();
    const of = (name: string) => entries.findLast((entry) => entry.kind === "step" && entry.actor === name);
    expect(of("capture")).toMatchObject({ event: { type: "xstate.stop" }, from: "microphone", status: "stopped" });
    expect(storyOf(rig.recorder.export()).join("\n")).toMatch(/attempt +was stopped ← connection/);
    const acts = entries.flatMap((entry) => (entry.kind === "step" ? (entry.did ?? []) : []));
    const cancelled = acts.filter((act) => typeof act === "string" && act.startsWith("cancel"));
    expect(cancelled).toEqual(expect.arrayContaining(["cancel after readyTimeout"]));
    expect(cancelled).not.toContain("cancel [object Object]");
  });

  it("holds 30 minutes of talk in less than 2 MB", async () => {
    const rig = start({ seconds: 3_600, bytes: 10_000_000 });
    await ready(rig);
    const turn = WHOLE_SESSION.filter(({ name }) => name.includes("turn"));
    for (let minute = 0; minute < 30; minute += 1) {
      for (let second = 0; second < 60; second += 1) {
        for (let chunk = 0; chunk < 50; chunk += 1) {
          rig.recorder.message({ direction: "sent", type: "input_audio_buffer.append", size: 1_320 });
          rig.recorder.message({ direction: "received", type: "response.output_audio.delta", size: 1_400 });
        }
        // The longest there may be, more often than they are taken.
        if (second % 5 === 0) rig.recorder.statistics(MEASURED);
        rig.clock.advance(750);
      }
      for (let each = 0; each < 3; each += 1) for (const step of turn) await step.run(rig);
    }
    const file = fileOf(rig.recorder);
    expect(rig.recorder.export().until).toBeGreaterThan(30 * 60_000 - 1);
    expect(file.length).toBeLessThan(2_000_000);
    expect(replay(file).difference).toBeUndefined();
    await rig.transport.disconnect();
  });

  it("counts messages of one type within a second as one entry", () => {
    const { recorder } = start();
    for (let each = 0; each < 3; each += 1) recorder.message({ direction: "received", type: "delta", size: 10 });
    recorder.message({ direction: "sent", type: "delta", size: 5 });
    expect(recorder.export().entries.filter(({ kind }) => kind === "message")).toEqual([
      { kind: "message", at: 0, direction: "received", type: "delta", size: 30, count: 3 },
      { kind: "message", at: 0, direction: "sent", type: "delta", size: 5, count: 1 },
    ]);
  });
});

describe("flightRecorder: what it keeps", () => {
  it("holds neither credentials nor names nor messages, unless it is asked for texts", async () => {
    const secret = canary();
    const record = async (options: FlightRecorderOptions): Promise<string> => {
      const rig = start(options);
      await rig.transport.initDevices();
      await rig.transport.connect({ api_key: secret });
      rig.transport.service.dropped(true);
      await rest();
      return fileOf(rig.recorder);
    };
    const file = await record({});
    expect(file).not.toContain(secret);
    expect(file).not.toContain("Scripted microphone");
    expect(file).not.toContain("scripted-mic");
    expect(file).not.toContain("dropped by the script");
    const wordy = await record({ texts: true });
    expect(wordy).toContain("Scripted microphone");
    expect(wordy).toContain("dropped by the script");
    expect(wordy).not.toContain("scripted-mic");
    expect(wordy).not.toContain(secret);
  });

  it("takes of statistics what is a number, and can be read again whatever was measured", () => {
    const recorder = flightRecorder();
    const measured = { bufferedAmount: 1, roundTripMs: Number.NaN, jitterMs: Infinity, playedMs: undefined };
    recorder.statistics(Object.assign({ underruns: 2n, packetsSent: "3" }, measured) as never);
    const read = readRecording(JSON.parse(fileOf(recorder)));
    expect(read.entries).toEqual([expect.objectContaining({ kind: "statistics", numbers: { bufferedAmount: 1 } })]);
    expect(readRecording(recorder.export()).entries).toEqual(read.entries);
  });

  it("keeps numbers that JSON has not", async () => {
    const rig = start({}, { timeouts: { ready: Infinity } });
    await ready(rig);
    expect(replay(fileOf(rig.recorder))).toMatchObject({ skipped: 0 });
    expect(fileOf(rig.recorder)).toContain('"readyTimeout":{"$number":"Infinity"}');
    await rig.transport.disconnect();
  });

  it("holds the crash of a chart, of which XState tells no more", () => {
    const chart = setup({
      actions: {
        fail: () => {
          throw Object.assign(new TypeError("the word of Ada"), { code: "E_WORD" });
        },
      },
    }).createMachine({ id: "crashing", initial: "well", states: { well: { on: { go: { actions: "fail" } } } } });
    const recorder = flightRecorder();
    const actor = createActor(chart, { inspect: recorder.inspect });
    actor.subscribe({ error: () => undefined });
    actor.start();
    actor.send({ type: "go" });
    const recording = recorder.export();
    expect(recording.entries.at(-1)).toMatchObject({
      event: { type: "go" },
      status: "error",
      error: { name: "TypeError", code: "E_WORD", message: "[not recorded]" },
    });
    expect(JSON.stringify(recording)).not.toContain("Ada");
    expect(storyOf(recording).join("\n")).toContain("(error: TypeError)");
    expect(replay(recording, { charts: { crashing: chart } })).toEqual({ steps: 2, skipped: 0 });
    const sound = chart.provide({ actions: { fail: () => undefined } });
    expect(replay(recording, { charts: { crashing: sound } }).difference).toMatchObject({
      event: "go",
      of: "error",
      recorded: { name: "TypeError" },
      replayed: null,
    });
    const other = chart.provide({
      actions: {
        fail: () => {
          throw new RangeError("of another kind");
        },
      },
    });
    expect(replay(recording, { charts: { crashing: other } }).difference).toMatchObject({
      of: "error",
      replayed: { name: "RangeError" },
    });
  });

  it("tells several transports apart, and a session of the same transport from the one before", async () => {
    const recorder = flightRecorder();
    const one = sessionRig({ inspect: recorder });
    const other = sessionRig({ inspect: recorder });
    await wholeSession(one);
    await wholeSession(other);
    await wholeSession(one);
    const names = recorder.export().entries.flatMap((entry) => (entry.kind === "actor" ? [entry.actor] : []));
    expect(names).toEqual(expect.arrayContaining(["transport", "transport#2", "turns", "turns#2", "turns#3"]));
    expect(new Set(names).size).toBe(names.length);
    expect(replay(recorder.export()).difference).toBeUndefined();
  });
});

describe("readRecording: files of before", () => {
  it("have no statistics, and still open", async () => {
    const before = await readFile("test/inspect/recording/call-dropped.rtvi.json", "utf8");
    expect(readRecording(before)).toMatchObject({ version: 1 });
    expect(storyOf(before).at(-1)).toMatch(/^This build does the same/);
  });
});

describe("readRecording: what is no recording", () => {
  it.each([
    ["not JSON", "{", /not JSON/],
    ["something else", { version: 1 }, /`format` is missing/],
    [
      "a later version",
      { format: "rtvi-machine recording", version: 3 },
      /version 3; this library reads versions 1 and 2/,
    ],
    ["a damaged one", { format: "rtvi-machine recording", version: 1, began: "", until: 0 }, /damaged/],
    [
      "one with a damaged entry",
      {
        format: "rtvi-machine recording",
        version: 1,
        began: "",
        until: 0,
        surroundings: {},
        base: [],
        entries: [{ at: 0 }],
      },
      /damaged/,
    ],
    [
      "one with a measurement that is no number",
      {
        format: "rtvi-machine recording",
        version: 2,
        began: "",
        until: 0,
        surroundings: {},
        base: [],
        entries: [{ kind: "statistics", at: 0, numbers: { jitterMs: "much" } }],
      },
      /damaged/,
    ],
    ["nothing", undefined, /`format` is missing/],
  ])("%s is refused", (_, file, message) => {
    expect(() => readRecording(file)).toThrow(InvalidOptionsError);
    expect(() => readRecording(file)).toThrow(message);
  });
});

describe("rtvi-machine-replay", () => {
  const run = async (args: readonly string[], read: (path: string) => Promise<string>) => {
    const [printed, complained]: [string[], string[]] = [[], []];
    const code = await replayCommand(args, {
      read,
      print: (line) => void printed.push(line),
      complain: (line) => void complained.push(line),
    });
    return { code, printed, complained };
  };

  it("tells the story of a session, and that this build does the same", async () => {
    const rig = start();
    await wholeSession(rig);
    const { code, printed } = await run(["call.json"], () => Promise.resolve(fileOf(rig.recorder)));
    expect(code).toBe(0);
    const story = printed.join("\n");
    expect(story).toMatch(/the bot spoke 2 times, 1 of them interrupted; median 1200 ms/);
    expect(story).toMatch(/0\.400 s {2}turns {9}user\.started ← outside +→ user\.speaking/);
    expect(story).toMatch(/connection {4}connection\.closed \(connection-lost\) ← attempt +→ active\.phase\.asking/);
    expect(story).toMatch(/turns {9}bot\.asked ← outside +ignored/);
    expect(printed.at(-1)).toMatch(/^This build does the same with all \d+ events\.$/);
    expect(printed).toEqual(storyOf(rig.recorder.export()));
  });

  it("exits 1 where it differs, and 2 where there is nothing to replay", async () => {
    const rig = start();
    await ready(rig);
    const other = fileOf(rig.recorder).replace('"live":"connected"', '"live":"ready"');
    const differing = await run(["call.json"], () => Promise.resolve(other));
    expect(differing.code).toBe(1);
    expect(differing.printed.join("\n")).toContain("The first event that differs: connection.opened at transport");
    expect(await run([], () => Promise.reject(new Error("unread")))).toMatchObject({ code: 2, printed: [] });
    const missing = await run(["none.json"], () => Promise.reject(new Error("no such file")));
    expect(missing).toEqual({ code: 2, printed: [], complained: ["none.json: no such file"] });
    expect(await run(["--help"], () => Promise.reject(new Error("unread")))).toMatchObject({ code: 0 });
    await rig.transport.disconnect();
  });

  it("is a program of the package", async () => {
    const manifest = JSON.parse(await readFile("package.json", "utf8")) as {
      bin: Record<string, string>;
      files: string[];
    };
    expect(manifest.files).toContain("bin");
    expect(await readFile(manifest.bin["rtvi-machine-replay"]!, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

describe("replay: charts", () => {
  it("are the library's own unless others are given", () => {
    const empty: Recording = {
      format: "rtvi-machine recording",
      version: 1,
      began: "2026-01-01T00:00:00.000Z",
      until: 0,
      surroundings: {},
      base: [],
      entries: [
        { kind: "actor", at: 0, actor: "transport", chart: transportMachine.id },
        { kind: "step", at: 0, actor: "transport", event: { type: "xstate.init", input: {} }, value: "nowhere" },
      ],
    };
    expect(replay(empty).difference).toMatchObject({ actor: "transport", of: "state", recorded: "nowhere" });
  });
});
