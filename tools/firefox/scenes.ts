import { setTimeout as sleep } from "node:timers/promises";
import type { Firefox } from "./browser.js";
import type { PageView, Route } from "./page.js";
import type { SoundServer } from "./sound-server.js";

const PATIENCE_MS = 15_000;
/** The longest that it takes to see that nothing happens. */
const QUIET_MS = 2_000;
/** A level below which nothing is heard. */
const SILENCE = 0.01;

/** Where a scene is played. */
export interface Stage {
  readonly firefox: Firefox;
  readonly sound: SoundServer;
  readonly url: string;
  readonly serviceUrl: string;
  readonly route: Route;
}

/** What happens to devices, and what must come of it. */
export interface Scene {
  readonly title: string;
  readonly routes: readonly Route[];
  /** @throws Error that says what did not come. */
  readonly play: (stage: Stage) => Promise<void>;
}

const BOTH: readonly Route[] = ["a WebSocket", "WebRTC"];

async function look({ firefox }: Stage): Promise<PageView> {
  return (await firefox.evaluate("window.talk.look()")) as PageView;
}

/** @throws Error with what the page had been told instead. */
async function until(stage: Stage, what: string, holds: (view: PageView) => boolean): Promise<PageView> {
  let view = await look(stage);
  for (const end = Date.now() + PATIENCE_MS; !holds(view); view = await look(stage)) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}: ${JSON.stringify(view)}`);
    await sleep(100);
  }
  return view;
}

function expect(what: string, holds: boolean, view: unknown): void {
  if (!holds) throw new Error(`Expected that ${what}: ${JSON.stringify(view)}`);
}

const call = async (stage: Stage, name: keyof Window["talk"], ...args: string[]): Promise<void> => {
  await stage.firefox.evaluate(`window.talk.${name}(...${JSON.stringify(args)})`);
};

/** Two microphones and two speakers, the first of each the default, and a session on them. */
async function begin(stage: Stage): Promise<void> {
  const { sound, firefox, url, route, serviceUrl } = stage;
  for (const name of ["speaker1", "speaker2"]) sound.plugSpeaker(name);
  for (const name of ["mic1", "mic2"]) sound.plugMicrophone(name);
  sound.setDefaultSpeaker("speaker1");
  sound.setDefaultMicrophone("mic1");
  await firefox.open(url);
  await call(stage, "start", route, serviceUrl);
  await until(stage, "it is ready, and the default microphone is heard", ({ state, mic, micLevel }) => {
    return state === "ready" && mic === "mic1" && micLevel > SILENCE;
  });
}

/** The microphone in use is heard: its level comes. */
async function hears(stage: Stage): Promise<void> {
  await call(stage, "forget");
  await until(stage, "the microphone is heard", ({ micLevel }) => micLevel > SILENCE);
}

/** Each track that was told of has had its end, but for the one in use. */
async function oneTrack(stage: Stage): Promise<void> {
  const view = await until(stage, "one track of the user is left", ({ openTracks }) => openTracks === 1);
  expect("the track of the other microphone was told of", view.tracksStarted > 0, view);
}

/** The bot speaks; it must come out of this speaker, and of no other. */
async function comesOutOf(stage: Stage, speaker: string, others: readonly string[] = []): Promise<void> {
  await call(
    stage,
    "say",
    "This is a long sentence, so that there is time to listen to all of it, at this speaker or that.",
  );
  const all = [speaker, ...others];
  const levels = await Promise.all(all.map((name) => stage.sound.loudest(name, 4_000)));
  const heard = all.filter((_name, index) => (levels[index] ?? 0) > SILENCE);
  expect(`the bot comes out of ${speaker} alone`, heard.join() === speaker, { levels, all });
}

export const SCENES: readonly Scene[] = [
  {
    title: "default microphone: it changes, and the new one is used",
    routes: BOTH,
    play: async (stage) => {
      await begin(stage);
      await call(stage, "forget");
      stage.sound.setDefaultMicrophone("mic2");
      await until(stage, "the page hears of it", ({ mic, micEvents }) => mic === "mic2" && micEvents.at(-1) === "mic2");
      await oneTrack(stage);
      await hears(stage);
    },
  },
  {
    title: "default microphone: unplugged and plugged in again, it is used again",
    routes: BOTH,
    play: async (stage) => {
      const { sound } = stage;
      await begin(stage);
      await call(stage, "forget");
      sound.unplug("mic1");
      await until(stage, "the other one is used", ({ mic }) => mic === "mic2");
      await oneTrack(stage);
      await hears(stage);
      sound.plugMicrophone("mic1");
      sound.setDefaultMicrophone("mic1");
      await until(stage, "the default is used again", ({ mic }) => mic === "mic1");
      await oneTrack(stage);
      await hears(stage);
    },
  },
  {
    title: "last microphone: unplugged, its track stops; another is used when it comes",
    routes: BOTH,
    play: async (stage) => {
      const { sound } = stage;
      await begin(stage);
      sound.unplug("mic2");
      await until(stage, "the list is without it", ({ mics }) => !mics.includes("mic2"));
      // What the speakers play counts as a microphone in Firefox.
      for (const name of ["speaker2", "speaker1"]) sound.unplug(name);
      sound.unplug("mic1");
      await until(stage, "no track of the user is left", ({ openTracks }) => openTracks === 0);
      sound.plugMicrophone("mic2");
      sound.setDefaultMicrophone("mic2");
      await until(stage, "the new one is used", ({ mic, openTracks }) => mic === "mic2" && openTracks === 1);
      await hears(stage);
    },
  },
  {
    title: "chosen microphone: unplugged, the default stands in; plugged in again, it is used again",
    routes: BOTH,
    play: async (stage) => {
      const { sound } = stage;
      await begin(stage);
      await call(stage, "chooseMic", "mic2");
      await until(stage, "the choice is used", ({ mic }) => mic === "mic2");
      await hears(stage);
      sound.unplug("mic2");
      await until(stage, "the default stands in", ({ mic }) => mic === "mic1");
      await oneTrack(stage);
      await hears(stage);
      sound.plugMicrophone("mic2");
      await until(stage, "the choice is used again", ({ mic }) => mic === "mic2");
      await oneTrack(stage);
      await hears(stage);
    },
  },
  {
    title: "chosen microphone: the system's default changes, and the choice stays",
    routes: BOTH,
    play: async (stage) => {
      const { sound } = stage;
      await begin(stage);
      await call(stage, "chooseMic", "mic1");
      sound.setDefaultMicrophone("mic2");
      await sleep(QUIET_MS);
      const view = await look(stage);
      expect("the choice stays", view.mic === "mic1" && view.openTracks === 1, view);
      await hears(stage);
    },
  },
  {
    title: "chosen speaker: unplugged, the default plays and the page hears of it",
    // Over a WebSocket a context plays, which cannot choose in Firefox.
    routes: ["WebRTC"],
    play: async (stage) => {
      const { sound } = stage;
      await begin(stage);
      await comesOutOf(stage, "speaker1", ["speaker2"]);
      await call(stage, "chooseSpeaker", "speaker2");
      await until(stage, "the choice is used", ({ speaker, speakerEvents }) => {
        return speaker === "speaker2" && speakerEvents.at(-1) === "speaker2";
      });
      await comesOutOf(stage, "speaker2", ["speaker1"]);
      await call(stage, "forget");
      sound.unplug("speaker2");
      await until(stage, "the default is used", ({ speaker, speakerEvents }) => {
        return speaker === "speaker1" && speakerEvents.at(-1) === "speaker1";
      });
      await comesOutOf(stage, "speaker1");
      sound.plugSpeaker("speaker2");
      await until(stage, "the choice is used again", ({ speaker }) => speaker === "speaker2");
      await comesOutOf(stage, "speaker2", ["speaker1"]);
    },
  },
  {
    title: "chosen speaker: given up for the default, which plays and the page hears of it",
    routes: ["WebRTC"],
    play: async (stage) => {
      await begin(stage);
      const first = await look(stage);
      const agree = first.speaker === "speaker1" && first.speakerEvents.at(-1) === "speaker1";
      expect("the getter and the event name the default", agree, first);
      await call(stage, "chooseSpeaker", "speaker2");
      await until(stage, "the choice is used", ({ speaker }) => speaker === "speaker2");
      await call(stage, "forget");
      await call(stage, "chooseSpeaker", "default");
      await until(stage, "the default is used", ({ speaker, speakerEvents }) => {
        return speaker === "speaker1" && speakerEvents.at(-1) === "speaker1";
      });
      await comesOutOf(stage, "speaker1", ["speaker2"]);
    },
  },
  {
    title: "chosen speaker: refused where the browser cannot, and the page hears of it once",
    routes: ["a WebSocket"],
    play: async (stage) => {
      await begin(stage);
      await call(stage, "chooseSpeaker", "speaker2");
      const { errors } = await until(stage, "an error comes", (view) => view.errors.length > 0);
      expect("it is one", errors.length === 1, errors);
      await comesOutOf(stage, "speaker1", ["speaker2"]);
    },
  },
  {
    title: "default speaker: unplugged, the next one plays",
    routes: BOTH,
    play: async (stage) => {
      await begin(stage);
      await comesOutOf(stage, "speaker1", ["speaker2"]);
      stage.sound.unplug("speaker1");
      await until(stage, "the list is without it", ({ speakers }) => !speakers.includes("speaker1"));
      await comesOutOf(stage, "speaker2");
    },
  },
];
