import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import type { BotTrack, Connection } from "../contracts/connection.js";
import type { MediaManager } from "../media/media-manager.js";
import type { TransportMedia } from "../media/transport-media.js";
import { BOT } from "../media/bot-participant.js";

/** What the tracks need of their transport. */
export interface TracksPorts {
  readonly manager: MediaManager;
  readonly media: TransportMedia;
  /** Calls the app. */
  readonly call: (run: (callbacks: RTVIEventCallbacks) => void) => void;
}

/** The media tracks of a connection that carries them: the user's, which it sends, and the bot's. */
export class Tracks {
  readonly #ports: TracksPorts;
  #bot: BotTrack | undefined;
  #peer: Connection | undefined;

  constructor(ports: TracksPorts) {
    this.#ports = ports;
  }

  /** The bot's track, while there is one. */
  get bot(): MediaStreamTrack | undefined {
    return this.#bot?.track;
  }

  /** This connection sends the microphone's track from now on; undefined: none does. */
  usePeer(peer: Connection | undefined): void {
    this.#peer = peer;
    this.followMicrophone();
  }

  /** The microphone's track has changed: the connection sends the one there is now. */
  followMicrophone(): void {
    this.#peer?.setMicrophone?.(this.#ports.manager.tracks().local.audio);
  }

  /** The bot's track has come, or is gone. */
  setBot(bot: BotTrack | undefined): void {
    const { media, call } = this.#ports;
    const before = this.#bot;
    this.#bot = bot;
    media.setTrack(bot);
    if (before !== undefined) call((callbacks) => callbacks.onTrackStopped?.(before.track, BOT));
    if (bot !== undefined) call((callbacks) => callbacks.onTrackStarted?.(bot.track, BOT));
  }
}
