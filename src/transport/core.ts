import {
  DeviceError,
  MessageTooLargeError,
  RTVI_PROTOCOL_VERSION,
  RTVIMessage,
  type RTVIEventCallbacks,
  type TransportState,
} from "@pipecat-ai/client-js";
import { browserNetwork } from "../actors/network.js";
import { browserDevices } from "../actors/watches.js";
import type { TransportActor } from "../compose.js";
import type {
  Attempt,
  BotTrack,
  Connection,
  ConnectionReports,
  OpeningConnection,
  Upcalls,
} from "../contracts/connection.js";
import type { Continuity } from "../contracts/continuity.js";
import type { Command, Effect, OutgoingMessage } from "../contracts/dialogue.js";
import type { Provider, ProviderSession, Responder } from "../contracts/provider.js";
import type { PlayedItem } from "../contracts/speaker.js";
import type { TurnEdge, TurnFact } from "../contracts/turns.js";
import { DialogueRunner } from "../dialogue/dialogue-runner.js";
import { CongestionError, NotReadyError, ServiceError } from "../errors.js";
import { defaultLogger, type Logger } from "../log.js";
import { ratesOf } from "../media/manager-ports.js";
import type { MediaManager } from "../media/media-manager.js";
import { mediaFor, type TransportMedia } from "../media/transport-media.js";
import type { TransportOptions } from "../options.js";
import type { JsonRecord } from "../util/records.js";
import { Downlink } from "../pipes/downlink.js";
import type { Uplink } from "../pipes/uplink.js";
import { CongestionWatch } from "../policy/congestion.js";
import { timeOf } from "../policy/time.js";
import { BOT } from "./bot.js";
import { CallbackQueue } from "./callback-queue.js";
import { ConnectAttempts } from "./connect-attempts.js";
import { isInSession } from "./lifecycle-promises.js";
import { errorMessage, sendingFault } from "./messages.js";
import { openConnection, type Planned } from "./open-connection.js";
import { Ownership, type ClientOfTransport } from "./ownership.js";
import { runSafely, safeCallbacks, safeHandler, safeLogger } from "./safe-callbacks.js";
import { SendQueue } from "./send-queue.js";
import { isMicrophoneHeld, isMicrophoneMuted } from "./microphone-state.js";
import { Session } from "./session.js";
import { feed, uplinkOf } from "./uplink-of.js";

const MOST_BUFFERED = 256 * 1024;

/** What a transport is made of. */
export interface CoreParts {
  readonly provider: Provider;
  readonly manager: MediaManager;
  readonly options: TransportOptions;
  /** The state was announced: right before the app's callback. */
  readonly announced: (state: TransportState) => void;
  /** Bytes that an RTVI message may have. */
  readonly maxMessageSize: () => number;
  /** Hands a message out through the transport's own handler, where others may listen as well; it is passed back to `pass`. */
  readonly handOut: (message: RTVIMessage) => void;
}

/** What a subclass of Pipecat's base does itself; see `compat/interpose.ts`. */
export interface Interposed {
  /** Sends a message of the app now. */
  readonly sendMessage: (message: RTVIMessage) => void;
  /** Hands an edge of who speaks to the app. */
  readonly edge: (edge: TurnEdge["type"]) => void;
}

/**
 * What is behind a transport: the session's charts, the pipes of its audio, the dialogue on the connection in use, and the
 * promises and callbacks of the app. Decides nothing about "when": it turns calls and reports into events of the charts, and
 * the charts' facts into callbacks.
 */
export class TransportCore {
  readonly logger: Logger;
  readonly options: TransportOptions;
  readonly session: Session;
  readonly attempts: ConnectAttempts;
  readonly ownership: Ownership;
  readonly manager: MediaManager;
  /** Everything from outside enters here, and every callback of the app leaves from here. */
  readonly queue = new CallbackQueue();
  readonly #parts: CoreParts;
  readonly #media: TransportMedia;
  readonly #downlink: Downlink;
  readonly #runner: DialogueRunner;
  readonly #sending: SendQueue;
  readonly #uplink: Uplink;
  readonly #congestion: CongestionWatch;
  readonly #responder: Responder | undefined;
  #callbacks: RTVIEventCallbacks = {};
  #onMessage: (message: RTVIMessage) => void = () => undefined;
  /** The message that is being handed out. */
  #outgoing: RTVIMessage | undefined;
  #providerSession: ProviderSession | undefined;
  /** What the last session left to the next one. */
  #kept: unknown;
  #reports: ConnectionReports | undefined;
  #own: Interposed | undefined;
  /** Who delivers bot-ready on the connection in use. */
  #botReady: "ours" | "delivered" = "ours";
  #selectedSpeaker: MediaDeviceInfo | undefined;
  #botTrack: BotTrack | undefined;
  #peer: Connection | undefined;
  /** What the user says while there is no connection that could carry their track. */
  #missedSpeech: ArrayBuffer[] | undefined;
  /** Errors of the audio path that were reported in this session: one of a kind is enough. */
  readonly #reportedAudioErrors = new Set<string>();

  constructor(parts: CoreParts) {
    this.#parts = parts;
    const { provider, manager, options } = parts;
    this.options = options;
    this.manager = manager;
    this.logger = safeLogger(options.logger ?? defaultLogger);
    this.#congestion = new CongestionWatch(options.maxBufferedAmount ?? MOST_BUFFERED);
    this.#media = mediaFor(provider.media, manager, {
      playsTrack: options.playBotTrack ?? true,
      onLevel: (level) => this.#callbacks.onRemoteAudioLevel?.(level, BOT),
      logger: this.logger,
    });
    this.#downlink = new Downlink(this.#media.ports.speaker);
    const { enter } = this.queue;
    this.#runner = new DialogueRunner(
      {
        enter,
        deliver: (message) => {
          // A dialogue delivers the edges of the turns that it has told itself.
          this.#media.follow(message.type);
          this.deliver(message);
        },
        reject: (message, error) => this.#sending.reject(message, error),
        play: (itemId, pcm) => this.play(pcm, itemId),
        flush: () => this.flush(),
        tell: (fact) => this.tell(fact),
        ready: (continuity, botReady) => this.#serviceReady(continuity, botReady),
        changeConnection: (afterMs, withinMs) => this.#reports?.expiring({ afterMs, withinMs }),
        stands: (expects, isBusy) => {
          this.#reports?.expects(expects);
          this.#reports?.busy(isBusy);
        },
        unconfirmed: (messages) => this.#sending.lost(messages),
        report: (error) => this.reportError(error),
        lost: (error) => {
          this.tell({ type: "connection.lost" });
          this.#runner.end(true);
          this.#reports?.closed(this.session.errors.record(error));
        },
        end: () => void this.attempts.disconnect(),
        logger: this.logger,
      },
      provider.service,
      timeOf(options.clock),
    );
    const uplink = uplinkOf(manager, options.preRoll, (pcm) => this.sendAudio(pcm));
    this.#uplink = uplink;
    this.session = new Session(
      {
        enter,
        connect: (request, reports) => this.#connect(request, reports),
        ports: this.#media.ports,
        uplink,
        downlink: this.#downlink,
        observePlayback: (report) => {
          enter(() => this.#runner.playback(report));
        },
        listMicrophones: () => manager.getAllMics(),
        devices: options.audio?.mediaDevices ?? browserDevices(),
        network: options.network ?? browserNetwork(),
        options,
        logger: this.logger,
      },
      {
        post: (callback) => this.queue.post(callback),
        entered: (state, error) => this.#entered(state, error),
        edge: (edge) => this.#unprompted(edge),
        announced: (state, error) => this.#announced(state, error),
        settled: () => this.attempts.settled(),
        decided: (verdict) => this.attempts.decided(verdict),
        crashed: (error) => this.attempts.promises.crashed(error),
        microphoneSettled: () => this.attempts.promises.microphoneSettled(),
        deviceFault: (error) => this.reportDeviceError(error),
        connectionLost: (error) => this.reportError(error),
        recovered: (recovery) => runSafely("onRecovered", this.logger, () => options.onRecovered?.(recovery)),
      },
    );
    this.attempts = new ConnectAttempts({
      session: this.session,
      enter,
      prepare: (params) => this.#prepare(params),
      hasMicrophone: () => isMicrophoneHeld(this.actor),
      reportMicrophone: () => this.#reportSelectedMic(),
      occupied: (call) => this.ownership.occupied(call),
      over: () => this.ownership.release(),
    });
    this.ownership = new Ownership({
      manager,
      logger: this.logger,
      isBusy: () => this.session.isBusy,
      adopt: (client, isFirst) => this.#adopt(client, isFirst),
      bind: (overrides) => this.#bindManager(overrides),
    });
    this.#sending = new SendQueue({
      maxMessageSize: parts.maxMessageSize,
      isThrough: () => !this.session.isRecovering && (this.session.state !== "ready" || this.isOpen),
      isImmediate: (message) => this.#isImmediate(message),
      takes: (message) => this.#takeOffline(message),
      deliver: (message) => this.#handOut(message),
      send: (message) => (this.#own ?? { sendMessage: (each: RTVIMessage) => this.sendNow(each) }).sendMessage(message),
    });
    this.#responder = provider.responder?.({
      isInSession: () => isInSession(this.session.state),
      isReady: () => this.#runner.isReady,
      command: (commands) => this.#runner.command(commands),
      advise: (command) => this.advise(command),
    });
  }

  /** The XState actor of the session's root chart. */
  get actor(): TransportActor {
    return this.session.actor;
  }

  /** The state last announced. */
  get state(): TransportState {
    return this.session.state;
  }

  get callbacks(): RTVIEventCallbacks {
    return this.#callbacks;
  }

  /** Whether the messages of RTVI's services are answered here, in every state. */
  get answersServices(): boolean {
    return this.#responder !== undefined;
  }

  /** When the service will end this session, in epoch seconds; undefined until it has said so. */
  get expiry(): number | undefined {
    return this.#runner.expiresAt;
  }

  /** Whether the connection takes messages; false while it closes. */
  get isOpen(): boolean {
    return this.#runner.connection?.isOpen === true;
  }

  /** Bytes that a message may have on the connection in use. */
  get maxMessageSize(): number {
    return this.#runner.connection?.maxMessageSize ?? Infinity;
  }

  /** The bot's track, while there is one. */
  get botTrack(): MediaStreamTrack | undefined {
    return this.#botTrack?.track;
  }

  /** What plays the bot's track, where the service sends one. */
  get media(): TransportMedia {
    return this.#media;
  }

  /** A client has the transport. */
  #adopt({ options, handler, adopted }: ClientOfTransport, isFirst: boolean): void {
    this.#callbacks = this.attempts.begin(options, safeCallbacks(options.callbacks ?? {}, this.logger));
    this.#onMessage = safeHandler(handler, this.logger);
    if (options.enableMic === false || !isFirst) this.enableMic(options.enableMic !== false);
    adopted({ ...options, callbacks: this.#callbacks });
  }

  /** The manager's microphone feeds this transport, and its callbacks are the client's. */
  #bindManager(overrides: boolean): void {
    feed(this.#uplink, this.manager);
    const options = this.ownership.client?.options;
    if (options === undefined) return;
    this.manager.setClientOptions({ ...options, callbacks: this.#queued(this.#callbacks) }, overrides);
  }

  /** Reads connection parameters and lets go of them. @throws InvalidOptionsError naming the key that is wrong. */
  checkParams(params: unknown): void {
    this.#parts.provider.readParams(params);
  }

  /** The client writes `authenticating` and `authenticated`; any other write is refused with a warning. @throws as its calls */
  writeState(state: TransportState): void {
    if (state === "authenticating") this.attempts.startCalled();
    else if (state === "authenticated") this.attempts.startAnswered();
    else this.logger.warn(`transport.state = "${state}" was refused: the state follows the session.`);
  }

  /** A session begins with these parameters: `connect()` is on its way. @throws InvalidOptionsError */
  #prepare(params: unknown): void {
    const { provider, manager } = this.#parts;
    const kept = this.#kept;
    this.#kept = undefined;
    this.#providerSession = provider.begin({
      params: provider.readParams(params),
      kept,
      rates: ratesOf(manager),
      logger: this.logger,
      isMicWanted: () => this.isMicWanted,
    });
  }

  /** Has the service asked whether it is ready, and resolves when it is; rejects when the session ends before. */
  async sendReadyMessage(): Promise<void> {
    this.queue.enter(() => {
      this.tell({ type: "bot.asked" });
      const asked: Command = { type: "client-ready" };
      if (this.#runner.connection === undefined) this.#providerSession?.commandOffline(asked);
      else this.advise(asked);
    });
    await this.attempts.promises.whenReady();
    this.queue.enter(() => {
      if (this.#botReady === "ours") this.tell({ type: "bot.ready" });
    });
  }

  /** A message of the app: sent, or kept while the connection is opened again. @throws as `SendQueue.send` */
  send(message: RTVIMessage): void {
    this.queue.enter(() => this.#sending.send(message));
  }

  /**
   * Sends a message of the app now.
   * @throws NotReadyError before the session is ready; MessageTooLargeError; UnsupportedFeatureError; InvalidOptionsError for a
   * field that is wrong; what the connection throws. All but the size of the message itself also through `onMessageError`. What is
   * wrong with a `client-message`, or with a message of RTVI's services, goes there alone: of a `sendClientRequest` that throws,
   * client-js rejects a second promise that nobody can catch.
   */
  sendNow(message: RTVIMessage): void {
    if (message.type === "client-ready") return;
    const fault = sendingFault(message, this.#parts.maxMessageSize());
    if (fault instanceof MessageTooLargeError) throw fault;
    const answersIt = this.#responder?.answers(message) === true;
    try {
      if (fault !== undefined) throw fault;
      const answer = answersIt ? this.#responder?.answer(message) : undefined;
      if (answer !== undefined) this.deliver({ ...answer, id: message.id });
      else if (this.#takeOffline(message)) return;
      else this.#runner.command([{ type: "message", message }], (error) => this.#sending.reject(message, error));
    } catch (error) {
      if (error instanceof Error) this.#sending.reject(message, error);
      if (answersIt) return;
      if (message.type !== "client-message" || error instanceof NotReadyError) throw error;
    }
  }

  /** Chooses the output. @throws DeviceError where it cannot be used. */
  async updateSpeaker(speakerId: string): Promise<void> {
    const { speaker } = this.#media;
    if (speaker === undefined) {
      await this.manager.updateSpeaker(speakerId);
      return;
    }
    await speaker.chooseSink(speakerId).catch((cause: unknown) => {
      const details = cause instanceof Error ? { sourceError: cause } : undefined;
      throw new DeviceError(["speaker"], "not-found", "The chosen speaker cannot be used.", details);
    });
    const id = speakerId === "" ? "default" : speakerId;
    const device = (await this.manager.getAllSpeakers()).find(({ deviceId }) => deviceId === id);
    this.#selectedSpeaker = device;
    if (device !== undefined) this.call((callbacks) => callbacks.onSpeakerUpdated?.(device));
  }

  get selectedSpeaker(): MediaDeviceInfo | Record<string, never> {
    return this.#media.speaker === undefined ? this.manager.selectedSpeaker : (this.#selectedSpeaker ?? {});
  }

  /** Turns the microphone on or off: an order to its chart, and news for the service. */
  enableMic(enable: boolean): void {
    this.queue.enter(() => {
      this.actor.send({ type: enable ? "mic.unmuted" : "mic.muted" });
      this.#runner.do((dialogue) => dialogue.command({ type: "mic", on: enable }));
    });
  }

  /** Whether the app wants the microphone on. */
  get isMicWanted(): boolean {
    return !isMicrophoneMuted(this.actor);
  }

  /** An order of the app to the charts. */
  order(event: Parameters<TransportActor["send"]>[0]): void {
    this.queue.enter(() => this.actor.send(event));
  }

  /** Runs something from outside; callbacks of the app wait until it is over. */
  enter<Result>(run: () => Result): Result {
    return this.queue.enter(run);
  }

  /** Calls the app. */
  call(run: (callbacks: RTVIEventCallbacks) => void): void {
    this.queue.post(() => run(this.#callbacks));
  }

  /** Ends the session with an error. */
  fail(error: Error): void {
    this.order({ type: "bot.failed", fault: this.session.errors.record(error) });
  }

  /** Answers a message of the app with an error: `onMessageError`. */
  reject(message: RTVIMessage, error: Error): void {
    this.#sending.reject(message, error);
  }

  /** Carries out commands. @throws NotReadyError before the session is ready; what the dialogue and the connection throw. */
  command(...commands: readonly Command[]): void {
    this.queue.enter(() => this.#runner.command(commands));
  }

  /** Changes settings (checked) of the session that runs, if one does. @throws what the dialogue and the connection throw. */
  updateSettings(settings: JsonRecord): void {
    const command: Command = { type: "update", settings };
    if (this.#runner.isReady) this.command(command);
    else this.advise(command);
  }

  /** Carries out a command where there is a dialogue, ready or not; nothing without one. */
  advise(command: Command): void {
    this.queue.enter(() => this.#runner.do((dialogue) => dialogue.command(command)));
  }

  /** Carries out effects that come from beside the dialogue. */
  perform(effects: readonly Effect[]): void {
    this.queue.enter(() => this.#runner.perform(effects));
  }

  /** Hands a server-to-client RTVI message to the client. */
  deliver({ type, data, id }: OutgoingMessage): void {
    this.#handOut(new RTVIMessage(type, data, id));
  }

  /** Whether a message that the transport's handler is given is the core's own: a subclass may hand out messages, too. */
  isOutgoing(message: RTVIMessage): boolean {
    return message === this.#outgoing;
  }

  /** The transport's handler was given a message: the client gets it. */
  pass(message: RTVIMessage): void {
    if (this.isOutgoing(message)) this.#onMessage(message);
    else this.queue.post(() => this.#onMessage(message));
  }

  #handOut(message: RTVIMessage): void {
    this.queue.post(() => {
      this.#outgoing = message;
      runSafely("The transport's handler of messages", this.logger, () => this.#parts.handOut(message));
      this.#outgoing = undefined;
    });
  }

  /** Queues the bot's audio: 16-bit little-endian mono PCM; `itemId` names the utterance. */
  play(pcm: ArrayBuffer, itemId: string): void {
    this.#downlink.write(new Int16Array(pcm, 0, pcm.byteLength >> 1), itemId);
  }

  /** Silences the player now; resolves to what was really played of each item that was cut. */
  flush(): Promise<readonly PlayedItem[]> {
    const played = this.#downlink.flush();
    this.actor.send({ type: "bot.interrupted" });
    return played;
  }

  /** Tells the turns chart, and delivers its edges at this place. */
  tell(fact: TurnFact): void {
    for (const edge of this.session.turns.tell(fact)) this.#deliverEdge(edge);
  }

  /** Reports through `onError`, and in the log. A fatal one makes the client disconnect. */
  reportError(error: Error, isFatal = false): void {
    this.logger.warn(`${isFatal ? "fatal error" : "error"}: ${error.message}`);
    this.queue.post(() => this.#callbacks.onError?.(errorMessage(error, isFatal)));
  }

  /** Reports through `onDeviceError`. */
  reportDeviceError(error: DeviceError): void {
    this.queue.post(() => this.#callbacks.onDeviceError?.(error));
  }

  /** The microphone's track has changed: the connection sends the one there is now. */
  followMicrophone(): void {
    this.#peer?.setMicrophone?.(this.#microphoneTrack);
  }

  /** Tells the app through `onMicUpdated` which microphone it has. */
  #reportSelectedMic(): void {
    const mic = this.manager.selectedMic;
    if (isDevice(mic)) this.call((callbacks) => callbacks.onMicUpdated?.(mic));
  }

  get #microphoneTrack(): MediaStreamTrack | undefined {
    return this.#parts.manager.tracks().local.audio;
  }

  /** A subclass delivers bot-ready itself: it is handed on if the app waits for one. */
  botReady(message: RTVIMessage): void {
    this.queue.enter(() => {
      if (this.session.turns.tell({ type: "bot.ready" }).some(({ type }) => type === "bot-ready")) this.pass(message);
    });
  }

  /** A subclass's own functions stand in the place of ours. Idempotent. */
  interpose(own: Interposed): void {
    this.#own ??= own;
  }

  #serviceReady(continuity: Continuity, botReady: "ours" | "delivered"): void {
    this.#botReady = botReady;
    // The bot joins before the session is announced as ready.
    this.tell({ type: "connection.ready", continuity });
    this.session.serviceReady(continuity);
  }

  #connect({ attempt, signal }: Omit<Attempt, "resuming">, reports: ConnectionReports): OpeningConnection {
    const { session } = this;
    const provided = this.#providerSession;
    this.#reports = reports;
    const request: Attempt = { attempt, resuming: session.wasReady, signal };
    let planned: Planned | undefined;
    let connection: Connection | undefined;
    const isCurrent = (): boolean => !signal.aborted && this.#reports === reports;
    const over = (keeps: boolean): void => {
      if (connection === undefined || this.#runner.connection !== connection) return;
      this.tell({ type: "connection.lost" });
      this.#runner.end(keeps);
    };
    /** Runs what the connection reports, unless nobody listens to it any more. */
    const entering =
      <Args extends unknown[]>(run: (...args: Args) => void) =>
      (...args: Args): void => {
        if (isCurrent()) this.queue.enter(() => run(...args));
      };
    const closed = (error: Error): void => {
      over(true);
      reports.closed(session.errors.record(error));
    };
    const up: Upcalls = {
      opened: entering((opened: Connection) => {
        if (provided === undefined || planned === undefined) return;
        connection = opened;
        const dialogue = provided.dialogue(planned.plan, planned.credential, opened, session.turns);
        reports.opened();
        this.#runner.begin(dialogue, opened);
      }),
      admits: (data) => {
        if (!isCurrent()) return false;
        reports.received();
        return this.queue.enter(() => this.#runner.admits(data));
      },
      received: entering((message: unknown) => this.#runner.receive(message)),
      effects: entering((effects: readonly Effect[]) => this.#runner.perform(effects)),
      track: (bot) => this.queue.enter(() => this.#setBotTrack(bot)),
      peer: entering((peer: Connection) => {
        this.#peer = peer;
        this.followMicrophone();
      }),
      closed: entering(closed),
    };
    signal.addEventListener("abort", () => this.queue.enter(() => over(true)), { once: true });
    if (provided === undefined) closed(new NotReadyError("There is no session."));
    else {
      void openConnection(
        {
          provider: this.#parts.provider,
          session: provided,
          attempt: request,
          up,
          connectionParams: this.options.connectionParams,
        },
        (made) => {
          planned = made;
        },
      );
    }
    return {
      probe: () => this.queue.enter(() => this.#runner.probe()),
      close: () => {
        over(false);
        if (connection !== undefined) connection.close();
        else closed(new NotReadyError("The connection was not open yet."));
      },
    };
  }

  /** A state of the chart, before the app hears of it. */
  #entered(state: TransportState, error: Error | undefined): void {
    // Settles promises; what awaits them goes on after the callbacks that are posted by then.
    this.attempts.promises.entered(state, error);
    const { isRecovering } = this.session;
    this.#media.listen(isRecovering);
    if (state === "ready") this.#ready();
    else if (isRecovering) this.#missedSpeech ??= [];
    else this.#missedSpeech = undefined;
    if (state !== "disconnected" && state !== "error") return;
    this.#runner.end(false);
    this.#reportedAudioErrors.clear();
    const ended = this.#providerSession?.end();
    this.#providerSession = this.#reports = this.#peer = undefined;
    if (ended === undefined) return;
    this.#kept = ended.kept;
    this.#carryOutOffline(ended.effects);
  }

  #ready(): void {
    const { input: rate } = ratesOf(this.#parts.manager);
    // After the uplink has handed over what it kept.
    queueMicrotask(() => {
      const pcm = this.#missedSpeech ?? [];
      this.#missedSpeech = undefined;
      if (pcm.length > 0) this.advise({ type: "missed-speech", pcm, rate });
    });
  }

  #announced(state: TransportState, error: Error | undefined): void {
    this.#parts.announced(state);
    this.logger.info(`state: ${state}`);
    this.#callbacks.onTransportStateChanged?.(state);
    if (state === "connected" && this.session.timesOpened === 1) this.#callbacks.onConnected?.();
    if (state === "disconnected") this.#callbacks.onDisconnected?.();
    if (state === "ready") this.queue.enter(() => this.#readyAnnounced());
    else if (!isInSession(state)) this.queue.enter(() => this.#sending.end());
    if (error !== undefined) this.reportError(error, true);
  }

  /** The app knows that the session is ready: it hears of a new bot, and what waited is sent. */
  #readyAnnounced(): void {
    if (this.session.timesReady > 1 && this.#botReady === "ours") this.tell({ type: "bot.ready" });
    this.#sending.flush();
  }

  /** Sends a chunk of microphone audio, unless the network is too far behind. */
  sendAudio(pcm: ArrayBuffer): void {
    if (this.#parts.provider.media.uplink === "track") {
      this.#missedSpeech?.push(pcm);
      return;
    }
    const { connection } = this.#runner;
    // An app may hand in audio of its own, which passes no valve.
    if (connection === undefined || !this.#runner.isReady || !this.keepsUp(connection.bufferedAmount)) return;
    try {
      this.queue.enter(() => this.#runner.audio(pcm));
    } catch (error) {
      this.#reportAudioError(error instanceof Error ? error : new ServiceError(String(error)));
    }
  }

  /** Whether a chunk is sent: sound is the first thing to drop when the network is too slow, for it would only come too late. */
  keepsUp(bufferedAmount: number): boolean {
    const congestion = this.#congestion.look(bufferedAmount);
    if (congestion === "congestion-begins") {
      this.reportError(new CongestionError("The network is too slow: microphone audio is being dropped."));
    } else if (congestion === "congestion-ends") this.logger.info("The network has caught up: audio is sent again.");
    return congestion === "clear" || congestion === "congestion-ends";
  }

  #reportAudioError(error: Error): void {
    if (this.#reportedAudioErrors.has(error.message)) return;
    this.#reportedAudioErrors.add(error.message);
    this.reportError(error);
  }

  #isImmediate(message: RTVIMessage): boolean {
    return this.#responder?.answers(message) === true && message.type !== "action";
  }

  /** A message while there is no connection that could take it; true if it is dealt with. @throws what the session throws. */
  #takeOffline(message: RTVIMessage): boolean {
    if (this.#runner.isReady) return false;
    const effects = this.#providerSession?.commandOffline({ type: "message", message }) ?? "wait";
    if (effects === "wait") return false;
    this.#carryOutOffline(effects);
    return true;
  }

  /** What can be done of effects without a connection: the app is told. */
  #carryOutOffline(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "deliver") this.deliver(effect.message);
      else if (effect.type === "reject") this.#sending.reject(effect.message, effect.error);
      else if (effect.type === "tell") this.tell(effect.fact);
      else if (effect.type === "report") this.reportError(effect.error);
    }
  }

  /** An edge that came of no fact. */
  #unprompted(edge: TurnEdge): void {
    if (edge.type === "user-stopped-speaking") this.#runner.do((dialogue) => dialogue.lulled?.());
    this.#deliverEdge(edge);
  }

  #deliverEdge(edge: TurnEdge): void {
    switch (edge.type) {
      case "bot-joined":
        this.queue.post(() => this.#callbacks.onParticipantJoined?.(BOT));
        this.queue.post(() => this.#callbacks.onBotConnected?.(BOT));
        break;
      case "bot-left":
        this.queue.post(() => this.#callbacks.onParticipantLeft?.(BOT));
        this.queue.post(() => this.attempts.botLeft(() => this.#callbacks.onBotDisconnected?.(BOT)));
        break;
      case "bot-ready":
        if (this.#botReady === "ours") this.deliver({ type: "bot-ready", data: this.#aboutBot() });
        break;
      case "calls-dropped":
        // The dialogue ends them, which knows them.
        break;
      default:
        this.#media.follow(edge.type);
        if (this.#own === undefined) this.deliver({ type: edge.type });
        else this.#own.edge(edge.type);
    }
  }

  #aboutBot(): unknown {
    const about = { library: "rtvi-machine", service: this.#parts.provider.processor };
    const config = this.#responder?.config;
    return { version: RTVI_PROTOCOL_VERSION, about, ...(config !== undefined && { config }) };
  }

  #setBotTrack(bot: BotTrack | undefined): void {
    const before = this.#botTrack;
    this.#botTrack = bot;
    this.#media.setTrack(bot);
    if (before !== undefined) this.queue.post(() => this.#callbacks.onTrackStopped?.(before.track, BOT));
    if (bot !== undefined) this.queue.post(() => this.#callbacks.onTrackStarted?.(bot.track, BOT));
  }

  /** The manager's callbacks: from outside, so they enter; and its tracks are followed. */
  #queued(callbacks: RTVIEventCallbacks): RTVIEventCallbacks {
    return new Proxy(callbacks, {
      get: (target, name) => {
        const callback: unknown = Reflect.get(target, name);
        const follows = name === "onTrackStarted" || name === "onTrackStopped";
        if (typeof callback !== "function" && !follows) return callback;
        return (...args: unknown[]): void => {
          if (follows) this.followMicrophone();
          if (typeof callback === "function") this.queue.post(() => void Reflect.apply(callback, target, args));
        };
      },
    });
  }
}

function isDevice(device: MediaDeviceInfo | Record<string, never>): device is MediaDeviceInfo {
  return "deviceId" in device;
}
