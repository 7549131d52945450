import type { MediaStreamTrack, RTCDataChannel, RTCPeerConnection, RtpHeader } from "werift";
import { FRAME_BYTES, FRAME_MS, type CallCodec } from "./codec.js";
import { RtpEars } from "./rtp-ears.js";
import type { WeriftModule } from "./werift.js";

const SILENCE = Buffer.alloc(FRAME_BYTES);
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
  /** The next 20 ms of the service's voice as PCM; undefined for silence. */
  frame(): Buffer | undefined;
  /** Once; everything is released. */
  closed(): void;
}

/** One peer connection: one codec both ways, and one data channel. */
export class Call {
  readonly #werift: WeriftModule;
  readonly #codec: CallCodec;
  readonly #ears: RtpEars;
  readonly #events: CallEvents;
  readonly #connection: RTCPeerConnection;
  readonly #voice: MediaStreamTrack;
  #channel: RTCDataChannel | undefined;
  #isOpen = false;
  /** Until it is open: how long that may take. Then: frame by frame. */
  #clock: ReturnType<typeof setTimeout> | undefined;
  #startedAt = 0;
  #frames = 0;
  #over = false;
  #negotiated: Promise<void> = Promise.resolve();
  /** Resolves, once the call is over, when its ports are free. */
  released: Promise<void> = Promise.resolve();

  /** @param codec Closed with the call. */
  constructor(werift: WeriftModule, codec: CallCodec, events: CallEvents) {
    this.#werift = werift;
    this.#codec = codec;
    this.#events = events;
    this.#ears = new RtpEars(codec, (pcm) => this.#events.sound(pcm));
    const { name, clockRate, channels } = codec;
    // The payload type is the offer's.
    const parameters = new werift.RTCRtpCodecParameters({ mimeType: `audio/${name}`, clockRate, channels });
    this.#voice = new werift.MediaStreamTrack({ kind: "audio" });
    this.#connection = new werift.RTCPeerConnection({
      iceServers: [],
      iceAdditionalHostAddresses: ["127.0.0.1"],
      codecs: { audio: [parameters] },
    });
    this.#connection.onRemoteTransceiverAdded.subscribe((transceiver) => {
      transceiver.setDirection("sendrecv");
      void transceiver.sender.replaceTrack(this.#voice);
      transceiver.onTrack.subscribe((track) => {
        track.onReceiveRtp.subscribe(({ header, payload }) => this.#heard(header, payload));
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
    this.#codec.close();
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
    this.#startedAt = Date.now();
    this.#ears.begin(this.#startedAt);
    this.#clock = setInterval(() => this.#tick(), FRAME_MS);
    this.#events.opened(channel);
  }

  #heard({ sequenceNumber, timestamp }: RtpHeader, payload: Buffer): void {
    if (this.#over || !this.#isOpen) return;
    this.#ears.packet({ sequenceNumber, timestamp, payload }, Date.now());
  }

  /** Timers come late; the number of frames follows the clock. */
  #tick(): void {
    const due = Math.floor((Date.now() - this.#startedAt) / FRAME_MS);
    this.#frames = Math.max(this.#frames, due - MOST_FRAMES_LATE);
    // What is heard may end the call.
    for (; this.#frames < due && !this.#over; this.#frames += 1) {
      this.#write(this.#codec.encode(this.#events.frame() ?? SILENCE));
      this.#ears.tick(Date.now());
    }
  }

  #write(payload: Buffer): void {
    const { RtpHeader: Header, RtpPacket } = this.#werift;
    const header = new Header({
      // Payload type and source are the sender's to say.
      sequenceNumber: this.#frames & 0xffff,
      timestamp: (this.#frames * FRAME_MS * (this.#codec.clockRate / 1000)) >>> 0,
    });
    this.#voice.writeRtp(new RtpPacket(header, payload));
  }
}
