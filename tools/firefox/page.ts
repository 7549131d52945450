import { LogLevel, PipecatClient, RTVIEvent } from "@pipecat-ai/client-js";
import { OpenAIRealTimeWebRTCTransport, OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";

/** How the page talks to the service. */
export type Route = "a WebSocket" | "WebRTC";

/** What the page has been told since it was asked to forget. */
export interface PageView {
  readonly state: string;
  /** Labels, as the page's own menus show them. */
  readonly mics: readonly string[];
  readonly speakers: readonly string[];
  /** The label that the getter has, and those that the events brought. */
  readonly mic: string;
  readonly micEvents: readonly string[];
  readonly speaker: string;
  readonly speakerEvents: readonly string[];
  /** Tracks of the user that were told of and not told to have stopped. */
  readonly openTracks: number;
  readonly tracksStarted: number;
  /** The loudest since. */
  readonly micLevel: number;
  readonly botLevel: number;
  readonly errors: readonly string[];
}

declare global {
  interface Window {
    talk: {
      start(route: Route, url: string): Promise<void>;
      look(): PageView;
      forget(): void;
      say(text: string): Promise<void>;
      chooseMic(label: string): void;
      chooseSpeaker(label: string): void;
      stop(): Promise<void>;
    };
  }
}

const labels = (devices: readonly MediaDeviceInfo[]): string[] => devices.map(({ label }) => label);

/** client-js has an empty object where none is selected. */
const labelOf = ({ label = "" }: Partial<MediaDeviceInfo>): string => label;

let client: PipecatClient | undefined;
let lists: { mics: MediaDeviceInfo[]; speakers: MediaDeviceInfo[] } = { mics: [], speakers: [] };
const open = new Set<MediaStreamTrack>();
const fresh = () => ({
  micEvents: [] as string[],
  speakerEvents: [] as string[],
  tracksStarted: 0,
  micLevel: 0,
  botLevel: 0,
  errors: [] as string[],
});
let seen = fresh();

function app(): PipecatClient {
  if (client === undefined) throw new Error("The page has not started.");
  return client;
}

function idOf(devices: readonly MediaDeviceInfo[], label: string): string {
  if (label === "default") return label;
  const device = devices.find((each) => each.label === label);
  if (device === undefined) throw new Error(`No ${label} among ${labels(devices).join(", ")}.`);
  return device.deviceId;
}

window.talk = {
  start: async (route, base_url) => {
    const service = { api_key: "local", base_url, settings: { audio: { input: { turn_detection: null } } } };
    const options = { playBotTrack: true };
    client = new PipecatClient({
      transport:
        route === "WebRTC"
          ? new OpenAIRealTimeWebRTCTransport(service, undefined, options)
          : new OpenAIRealTimeWebSocketTransport(service),
      enableMic: true,
    });
    client.setLogLevel(LogLevel.NONE);
    client.on(RTVIEvent.AvailableMicsUpdated, (mics) => (lists = { ...lists, mics }));
    client.on(RTVIEvent.AvailableSpeakersUpdated, (speakers) => (lists = { ...lists, speakers }));
    client.on(RTVIEvent.MicUpdated, ({ label }) => void seen.micEvents.push(label));
    client.on(RTVIEvent.SpeakerUpdated, ({ label }) => void seen.speakerEvents.push(label));
    client.on(RTVIEvent.TrackStarted, (track, participant) => {
      if (participant?.local !== true) return;
      open.add(track);
      seen.tracksStarted += 1;
    });
    client.on(RTVIEvent.TrackStopped, (track) => void open.delete(track));
    client.on(RTVIEvent.LocalAudioLevel, (level) => (seen.micLevel = Math.max(seen.micLevel, level)));
    client.on(RTVIEvent.RemoteAudioLevel, (level) => (seen.botLevel = Math.max(seen.botLevel, level)));
    client.on(RTVIEvent.DeviceError, ({ type, message }) => void seen.errors.push(`${type}: ${message}`));
    client.on(RTVIEvent.Error, ({ data }) => void seen.errors.push(JSON.stringify(data)));
    await client.initDevices();
    await client.connect();
  },
  look: () => ({
    ...seen,
    state: app().state,
    mics: labels(lists.mics),
    speakers: labels(lists.speakers),
    mic: labelOf(app().selectedMic),
    speaker: labelOf(app().selectedSpeaker),
    openTracks: open.size,
  }),
  forget: () => {
    seen = fresh();
  },
  say: async (text) => {
    await app().sendText(text);
  },
  chooseMic: (label) => {
    app().updateMic(idOf(lists.mics, label));
  },
  chooseSpeaker: (label) => {
    app().updateSpeaker(idOf(lists.speakers, label));
  },
  stop: async () => {
    await app().disconnect();
    open.clear();
  },
};
