import type { BotTrack } from "../contracts/connection.js";
import type { MediaPlan } from "../contracts/provider.js";
import type { Logger } from "../log.js";
import { portsOf } from "./manager-ports.js";
import type { MediaManager, MediaPorts } from "./media-manager.js";
import { TrackMicrophone } from "./track-microphone.js";
import { DeviceList, pageMediaDevices } from "./devices.js";
import { SinkChoice } from "./sink-choice.js";
import { TrackSpeaker } from "./track-speaker.js";
import type { WebAudioOptions } from "./web-audio-options.js";

/** What a transport's media are made with. */
export interface TransportMediaSettings {
  readonly options: {
    /** Whether the bot's track is heard here, where the service sends one, or by an element of the app. */
    readonly playBotTrack?: boolean;
    readonly audio?: Pick<WebAudioOptions, "mediaDevices">;
  };
  /** Which device it is played on, where the manager does not choose. */
  readonly onSpeaker: (device: MediaDeviceInfo) => void;
  /** How loud the bot's track is, 0 to 1; about ten times a second while the bot speaks. */
  readonly onLevel: (level: number) => void;
  readonly logger: Logger;
}

/** Microphone and speaker as the charts drive them, and what a connection that carries tracks does to them. */
export interface TransportMedia {
  readonly ports: MediaPorts;
  /** What plays the bot's track; undefined where the bot's audio comes as samples. */
  readonly speaker: TrackSpeaker | undefined;
  /** Which device plays that track, where the manager does not know how to choose. */
  readonly sinks: SinkChoice | undefined;
  /** Where a track carries the user's voice: whether chunks are asked for, because there is no connection that could. */
  listen(listens: boolean): void;
  setTrack(bot: BotTrack | undefined): void;
  /** Where the service says when the bot is heard: a message that the app is told, which may say so. */
  follow(type: string): void;
}

/** The media of a plan: the manager's own ports, or ports that send and play tracks. */
export function mediaFor(plan: MediaPlan, manager: MediaManager, settings: TransportMediaSettings): TransportMedia {
  const ports = portsOf(manager, settings.logger);
  const microphone = plan.uplink === "track" ? new TrackMicrophone(ports.microphone) : undefined;
  const isTrack = plan.voice === "service";
  const sinks = isTrack && ports.sinks === undefined ? ownSinks(settings) : undefined;
  const chosen = ports.sinks ?? sinks;
  const speaker = isTrack && chosen !== undefined ? trackSpeaker(settings, chosen, ports.meter) : undefined;
  return {
    ports: { microphone: microphone ?? ports.microphone, speaker: speaker ?? ports.speaker },
    speaker,
    sinks,
    listen: (listens) => microphone?.listen(listens),
    setTrack: (bot) => speaker?.setTrack(bot?.track, bot?.level),
    follow: (type) => {
      if (type === "bot-started-speaking") speaker?.setSpeaking(true);
      else if (type === "bot-stopped-speaking") speaker?.setSpeaking(false);
    },
  };
}

function trackSpeaker(
  { options, onLevel, logger }: TransportMediaSettings,
  sinks: SinkChoice,
  meter: MediaPorts["meter"],
): TrackSpeaker {
  const createElement = (): HTMLAudioElement | undefined => (typeof Audio === "function" ? new Audio() : undefined);
  return new TrackSpeaker({ createElement, isAudible: options.playBotTrack ?? false, onLevel, sinks, meter, logger });
}

/** Nothing plays yet. */
const NO_OUTPUT = { canChoose: true, setSink: () => Promise.resolve() };

function ownSinks({ options, onSpeaker, logger }: TransportMediaSettings): SinkChoice {
  const deviceList = new DeviceList(
    () => options.audio?.mediaDevices ?? pageMediaDevices(),
    (devices) => sinks.devicesChanged(devices),
    logger,
  );
  const sinks: SinkChoice = new SinkChoice({ deviceList, onDevice: onSpeaker, logger }, NO_OUTPUT);
  return sinks;
}
