import type { MediaStreamTrack, RTCDataChannel, RTCPeerConnection } from "werift";
import { fromWire } from "../audio/formats.js";
import { FRAME_BYTES, FRAME_MS } from "./rtp-voice.js";
import type { WeriftModule } from "./werift.js";

/** RTP of G.711 µ-law (RFC 3551): static payload type, 8 kHz. */
const PCMU = 0;
/** µ-law for no sound. */
const SILENCE = Buffer.alloc(FRAME_BYTES, 0xff);
/** A browser that has no microphone track sends nothing: after so long, that is silence. */
const QUIET_AFTER_MS = 200;
/** A machine that slept has not that much to catch up. */
const MOST_FRAMES_LATE = 25;

/** A page that was closed between offer and connection says nothing. */
const OPEN_WITHIN_MS = 15_000;

/** What a call tells. */
export interface CallEvents {
  /** The data channel is open. */
  opened(channel: RTCDataChannel): void;
  message(data: Buffer, isBinary: boolean): void;
  /** The user's sound: mono PCM16 at 24 kHz, silence where nothing came. */
  sound(pcm: Buffer): void;
  /** The next 20 ms of the service's voice; undefined for silence. */
  frame(): Buffer | undefined;
  /** Once; everything is released. */
  closed(): void;
}

/** One peer connection: G.711 both ways, because there is no Opus codec here, and one data channel. */
export class Call {
  readonly #werift: WeriftModule;
  readonly #events: CallEvents;
  readonly #connection: RTCPeerConnection;
  readonly #voice: MediaStreamTrack;
  #channel: RTCDataChannel | undefined;
  #isOpen = false;
  /** Until it is open: how long that may take. Then: frame by frame. */
  #clock: ReturnType<typeof setTimeout> | undefined;
  #startedAt = 0;
  #frames = 0;
  #heardAt = 0;
  #over = false;
  #negotiated: Promise<void> = Promise.resolve();
  /** Resolves, once the call is over, when its ports are free. */
  released: Promise<void> = Promise.resolve();

  constructor(werift: WeriftModule, events: CallEvents) {
    this.#werift = werift;
    this.#events = events;
    const codec = new werift.RTCRtpCodecParameters({
      mimeType: "audio/PCMU",
      clockRate: 8000,
      channels: 1,
      payloadType: PCMU,
    });
    this.#voice = new werift.MediaStreamTrack({ kind: "audio" });
    this.#connection = new werift.RTCPeerConnection({
      iceServers: [],
      iceAdditionalHostAddresses: ["127.0.0.1"],
      codecs: { audio: [codec] },
    });
    this.#connection.onRemoteTransceiverAdded.subscribe((transceiver) => {
      transceiver.setDirection("sendrecv");
      void transceiver.sender.replaceTrack(this.#voice);
      transceiver.onTrack.subscribe((track) => {
        track.onReceiveRtp.subscribe(({ payload }) => this.#heard(payload));
      });
    });
    this.#connection.onDataChannel.subscribe((channel) => this.#adopt(channel));
    this.#connection.connectionStateChange.subscribe((state) => {
      if (state === "failed" || state === "closed" || state === "disconnected") this.close();
    });
  }

  /** The answer to an offer, both as SDP. @throws Error when the offer makes no sense. */
  answer(offer: string): Promise<string> {
    const answer = this.#negotiate(offer);
    this.#negotiated = answer.then(
      () => undefined,
      () => undefined,
    );
    return answer;
  }

  async #negotiate(offer: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: "offer", sdp: offer });
    // The browser begins the DTLS handshake: werift would go on knocking for half a minute at a page that has left.
    for (const transport of this.#connection.dtlsTransports) transport.role = "server";
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    this.#clock = setTimeout(() => this.close(), OPEN_WITHIN_MS);
    if (this.#over) clearTimeout(this.#clock);
    return this.#connection.localDescription?.sdp ?? "";
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#clock);
    this.#channel?.close();
    this.#voice.stop();
    // In the background: the call is over. Not during the negotiation, which would open ports after that.
    this.released = this.#negotiated.then(() => this.#connection.close()).catch(() => undefined);
    this.#events.closed();
  }

  #adopt(channel: RTCDataChannel): void {
    if (this.#channel !== undefined) return;
    this.#channel = channel;
    channel.onMessage.subscribe((data) => {
      this.#events.message(Buffer.from(data), typeof data !== "string");
    });
    channel.stateChange.subscribe((state) => {
      if (state === "open") this.#open(channel);
      if (state === "closed") this.close();
    });
    if (channel.readyState === "open") this.#open(channel);
  }

  #open(channel: RTCDataChannel): void {
    if (this.#isOpen || this.#over) return;
    this.#isOpen = true;
    clearTimeout(this.#clock);
    this.#startedAt = this.#heardAt = Date.now();
    this.#clock = setInterval(() => this.#tick(), FRAME_MS);
    this.#events.opened(channel);
  }

  #heard(payload: Buffer): void {
    if (this.#over || !this.#isOpen) return;
    this.#heardAt = Date.now();
    this.#events.sound(fromWire(payload, "audio/pcmu"));
  }

  /** Timers come late; the number of frames follows the clock. */
  #tick(): void {
    const due = Math.floor((Date.now() - this.#startedAt) / FRAME_MS);
    this.#frames = Math.max(this.#frames, due - MOST_FRAMES_LATE);
    for (; this.#frames < due; this.#frames += 1) {
      this.#write(this.#events.frame() ?? SILENCE);
      if (Date.now() - this.#heardAt > QUIET_AFTER_MS) this.#events.sound(fromWire(SILENCE, "audio/pcmu"));
    }
  }

  #write(payload: Buffer): void {
    const { RtpHeader, RtpPacket } = this.#werift;
    const header = new RtpHeader({
      payloadType: PCMU,
      sequenceNumber: this.#frames & 0xffff,
      timestamp: (this.#frames * FRAME_BYTES) >>> 0,
      ssrc: 1,
    });
    this.#voice.writeRtp(new RtpPacket(header, payload));
  }
}
