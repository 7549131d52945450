import { RTVIEvent, type BotOutputData, type BotReadyData, type TranscriptData } from "@pipecat-ai/client-js";
import type { Heard } from "../support/app.js";
import type { Step } from "./golden-file.js";

type Tell = (data: unknown) => string | undefined;

const say =
  (text: string): Tell =>
  () =>
    text;
const quoted = (data: unknown): string => JSON.stringify((data as { readonly text: string }).text.trim());
const call = (data: unknown): string => {
  const { function_name: name, arguments: args, cancelled, result } = data as Readonly<Record<string, unknown>>;
  return JSON.stringify({ name, args, cancelled, result });
};

/** What is told of a step, lane by lane. Who speaks is one lane, because there each edge follows from the one before. */
const LANES: Readonly<Record<string, Partial<Record<RTVIEvent, Tell>>>> = {
  state: {
    [RTVIEvent.TransportStateChanged]: String,
    [RTVIEvent.BotStarted]: say("onBotStarted"),
    [RTVIEvent.Connected]: say("onConnected"),
    [RTVIEvent.BotReady]: (data) => `onBotReady ${(data as BotReadyData).version}`,
    [RTVIEvent.Disconnected]: say("onDisconnected"),
  },
  people: {
    [RTVIEvent.ParticipantConnected]: say("participant came"),
    [RTVIEvent.BotConnected]: say("bot came"),
    [RTVIEvent.BotDisconnected]: say("bot left"),
    [RTVIEvent.ParticipantLeft]: say("participant left"),
  },
  tracks: { [RTVIEvent.TrackStarted]: say("started"), [RTVIEvent.TrackStopped]: say("stopped") },
  floor: {
    [RTVIEvent.UserStartedSpeaking]: say("user speaks"),
    [RTVIEvent.UserStoppedSpeaking]: say("user is silent"),
    [RTVIEvent.BotStartedSpeaking]: say("bot speaks"),
    [RTVIEvent.BotStoppedSpeaking]: say("bot is silent"),
  },
  user: { [RTVIEvent.UserTranscript]: (data) => ((data as TranscriptData).final ? quoted(data) : undefined) },
  understood: { [RTVIEvent.UserLlmText]: quoted },
  model: {
    [RTVIEvent.BotLlmStarted]: say("started"),
    [RTVIEvent.BotLlmText]: quoted,
    [RTVIEvent.BotLlmStopped]: say("stopped"),
  },
  voice: {
    [RTVIEvent.BotTtsStarted]: say("started"),
    [RTVIEvent.BotTtsStopped]: say("stopped"),
  },
  transcript: { [RTVIEvent.BotTranscript]: quoted },
  output: {
    [RTVIEvent.BotOutput]: (data) => {
      const { spoken_status: status = "written" } = data as BotOutputData;
      return status === "new" ? `${quoted(data)} new` : status;
    },
  },
  tool: {
    [RTVIEvent.LLMFunctionCallStarted]: (data) => `started ${call(data)}`,
    [RTVIEvent.LLMFunctionCallInProgress]: (data) => `in progress ${call(data)}`,
    [RTVIEvent.LLMFunctionCallStopped]: (data) => `stopped ${call(data)}`,
  },
};

/** Levels and lists of devices: the machine's, and as often as it likes. */
const UNTOLD: ReadonlySet<RTVIEvent> = new Set([
  RTVIEvent.LocalAudioLevel,
  RTVIEvent.RemoteAudioLevel,
  RTVIEvent.AvailableCamsUpdated,
  RTVIEvent.AvailableMicsUpdated,
  RTVIEvent.AvailableSpeakersUpdated,
  RTVIEvent.CamUpdated,
  RTVIEvent.MicUpdated,
  RTVIEvent.SpeakerUpdated,
  RTVIEvent.MediaStateUpdated,
  // They come when the service has counted, be it in the next step: `metricsOf` tells them for a whole session.
  RTVIEvent.Metrics,
  // How much of it is told before a cut depends on how far ahead of the sound the words are.
  RTVIEvent.BotTtsText,
  // Older names of what is told.
  RTVIEvent.LLMFunctionCall,
]);

const TOLD: ReadonlySet<string> = new Set(Object.values(LANES).flatMap((lane) => Object.keys(lane)));

/** Lanes whose texts come in pieces. */
const PIECEMEAL: ReadonlySet<string> = new Set(["model"]);

/** Texts that come in a row are one: how many there are depends on how the service cut it. */
function joined(words: readonly string[]): string[] {
  const all: string[] = [];
  for (const word of words) {
    const last = all.at(-1);
    if (last?.endsWith('"') === true && word.startsWith('"'))
      all.splice(-1, 1, `${last.slice(0, -1)} ${word.slice(1)}`);
    else all.push(word);
  }
  return all;
}

/** How often a thing is said again depends on the service's pace. */
const once = (words: readonly string[]): string[] => words.filter((word, index) => word !== words[index - 1]);

/** A step without what differs from run to run: ids, times, levels, counts of parts, and who of two was first. */
export function stepOf(title: string, heard: readonly Heard[]): Step {
  const lanes = Object.entries(LANES).map(([lane, tell]): [string, string[]] => {
    const words = heard.flatMap(({ event, data }) => tell[event]?.(data) ?? []);
    return [lane, PIECEMEAL.has(lane) ? joined(words) : once(words)];
  });
  // Whatever nobody thought of is worth a look.
  const others = heard.filter(({ event }) => !TOLD.has(event) && !UNTOLD.has(event));
  lanes.push(["other", others.map(({ event, data }) => `${event} ${JSON.stringify(data)}`)]);
  const told = lanes.filter(([, words]) => words.length > 0);
  return { title, lanes: new Map(told.map(([lane, words]) => [lane, words.join(" → ")])) };
}

/** Which metrics a session brought. */
export function metricsOf(heard: readonly Heard[]): Step["lanes"] {
  const kinds = heard
    .filter(({ event }) => event === RTVIEvent.Metrics)
    .flatMap(({ data }) => Object.keys(data as object));
  return new Map([["metrics", [...new Set(kinds)].sort().join(", ")]]);
}
