import type { DeviceError, RTVIEventCallbacks, RTVIMessage, TransportState } from "@pipecat-ai/client-js";
import { inspectionOf } from "../actors/inspection.js";
import { browserNetwork } from "../actors/network.js";
import type { TransportActor } from "../compose.js";
import type { ConnectionReports } from "../contracts/connection.js";
import type { Command, OutgoingMessage } from "../contracts/dialogue.js";
import type { Provider, Responder } from "../contracts/provider.js";
import type { PlaybackReport, PlayedItem } from "../contracts/speaker.js";
import { DialogueRunner, type DialoguePorts } from "../dialogue/dialogue-runner.js";
import { defaultLogger, safeLogger, type Logger } from "../log.js";
import { BOT } from "../media/bot-participant.js";
import { pageMediaDevices } from "../media/devices.js";
import { ratesOf } from "../media/manager-rates.js";
import type { MediaManager } from "../media/media-manager.js";
import { mediaFor, type TransportMedia } from "../media/transport-media.js";
import type { TransportOptions } from "../options.js";
import { Downlink } from "../pipes/downlink.js";
import { timeOf, timersOf } from "../policy/time.js";
import { isInSession } from "../util/in-session.js";
import type { JsonRecord } from "../util/records.js";
import { attemptConnection, type AttemptPorts } from "./attempt.js";
import { CallbackQueue } from "./callback-queue.js";
import { ClientMessages } from "./client-messages.js";
import { ConnectAttempts } from "./connect-attempts.js";
import { errorMessage } from "./messages.js";
import { MicrophoneAudio } from "./microphone-audio.js";
import { isMicrophoneHeld, isMicrophoneMuted } from "./microphone-state.js";
import { Ownership, type ClientOfTransport } from "./ownership.js";
import { ProviderSessions } from "./provider-sessions.js";
import { queuedCallbacks, runSafely, safeCallbacks, safeHandler } from "./safe-callbacks.js";
import { SelectedDevices } from "./selected-devices.js";
import { Session, type SessionListener } from "./session.js";
import { Tracks } from "./tracks.js";
import { TurnCallbacks } from "./turn-callbacks.js";
import { uplinkOf } from "./uplink-of.js";

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

/**
 * What is behind a transport: the session's charts, the pipes of its audio, the dialogue on the connection in use, and the
 * promises and callbacks of the app. Decides nothing about "when": it turns calls and reports into events of the charts, and
 * the charts' facts into callbacks.
 */
export class TransportCore {
  readonly logger: Logger;
  readonly options: TransportOptions;
  readonly session: Session;
  readonly manager: MediaManager;
  /** Everything from outside enters here, and every callback of the app leaves from here. */
  readonly queue = new CallbackQueue(() => this.attempts.callbackReturned());
  readonly #parts: CoreParts;
  readonly #media: TransportMedia;
  readonly #downlink: Downlink;
  readonly runner: DialogueRunner;
  readonly messages: ClientMessages;
  readonly microphone: MicrophoneAudio;
  readonly devices: SelectedDevices;
  readonly tracks: Tracks;
  readonly attempts: ConnectAttempts;
  readonly ownership: Ownership;
  readonly turns: TurnCallbacks;
  readonly #sessions: ProviderSessions;
  readonly #responder: Responder | undefined;
  readonly #opening: AttemptPorts;
  #callbacks: RTVIEventCallbacks = {};
  #reports: ConnectionReports | undefined;

  constructor(parts: CoreParts) {
    this.#parts = parts;
    const { provider, manager, options } = parts;
    this.options = options;
    this.manager = manager;
    this.logger = safeLogger(options.logger ?? defaultLogger);
    const inspection = inspectionOf(options.inspect, this.logger);
    this.#media = mediaFor(provider.media, manager, {
      options,
      onSpeaker: (device) => this.call((callbacks) => callbacks.onSpeakerUpdated?.(device)),
      onLevel: (level) => this.#callbacks.onRemoteAudioLevel?.(level, BOT),
      logger: this.logger,
    });
    const { speaker } = this.#media.ports;
    const measuring = inspection?.measure?.({ speaker, timers: timersOf(options.clock) });
    const played = (report: PlaybackReport): void =>
      this.queue.enter(() => this.runner.do((dialogue) => dialogue.playback(report)));
    this.#downlink = new Downlink(measuring?.speaker ?? speaker, played);
    this.runner = new DialogueRunner(this.#dialoguePorts(inspection?.message), provider.service, timeOf(options.clock));
    const uplink = uplinkOf(manager, options.preRoll, (pcm) => this.microphone.send(pcm));
    this.session = new Session(
      {
        enter: this.queue.enter,
        connect: (request, reports) => {
          this.#reports = reports;
          return attemptConnection(this.#opening, this.#sessions.current, request, reports);
        },
        ports: this.#media.ports,
        uplink,
        downlink: this.#downlink,
        observePlayback: played,
        listMicrophones: () => manager.getAllMics(),
        devices: options.audio?.mediaDevices ?? pageMediaDevices(),
        network: options.network ?? browserNetwork(),
        inspection,
        options,
        logger: this.logger,
      },
      this.#sessionListener(),
    );
    const [runner, queue, logger] = [this.runner, this.queue, this.logger];
    this.messages = new ClientMessages({
      queue,
      runner,
      logger,
      commandOffline: (command) => this.#sessions.commandOffline(command),
      responder: () => this.#responder,
      isThrough: () => !this.session.isRecovering && (this.session.state !== "ready" || this.isOpen),
      maxMessageSize: parts.maxMessageSize,
      handOut: parts.handOut,
      tell: (fact) => this.turns.tell(fact),
      report: (error) => this.reportError(error),
    });
    this.microphone = new MicrophoneAudio(
      {
        media: provider.media,
        clock: options.clock,
        queue,
        runner,
        logger,
        advise: (command) => this.advise(command),
        report: (error) => this.reportError(error),
      },
      options.maxBufferedAmount,
    );
    const presented = { manager, media: this.#media, call: this.call.bind(this) };
    this.devices = new SelectedDevices({ ...presented, actor: () => this.actor, order: (event) => this.order(event) });
    this.tracks = new Tracks(presented);
    this.#sessions = new ProviderSessions(provider, () => ({
      rates: ratesOf(manager),
      logger,
      isMicWanted: () => this.isMicWanted,
    }));
    this.attempts = new ConnectAttempts({
      session: this.session,
      enter: this.queue.enter,
      prepare: (params) => this.#sessions.begin(params),
      hasMicrophone: () => isMicrophoneHeld(this.actor),
      reportMicrophone: () => this.devices.reportMicrophone(),
      occupied: (call) => this.ownership.occupied(call),
      over: () => this.ownership.release(),
    });
    this.ownership = new Ownership({
      manager,
      logger,
      isBusy: () => this.session.isBusy,
      adopt: (client, isFirst) => this.#adopt(client, isFirst),
      uplink,
      callbacks: () => queuedCallbacks(this.#callbacks, (run) => queue.post(run), this),
    });
    const shared = { queue, session: this.session, runner };
    this.turns = new TurnCallbacks({
      ...shared,
      media: this.#media,
      messages: this.messages,
      processor: provider.processor,
      responder: () => this.#responder,
      callbacks: () => this.#callbacks,
      botLeft: (callback) => this.attempts.botLeft(callback),
    });
    this.#opening = {
      ...shared,
      provider,
      connectionParams: options.connectionParams,
      isNewest: (reports) => this.#reports === reports,
      stalledFor: () => this.microphone.stalledFor(),
      tell: (fact) => this.turns.tell(fact),
      tracks: this.tracks,
      measuring,
    };
    this.#responder = provider.responder?.({
      isInSession: () => isInSession(this.session.state),
      isReady: () => this.runner.isReady,
      command: (commands) => this.runner.command(commands),
      advise: (command) => this.advise(command),
    });
  }

  /** Where the effects of the dialogue go. */
  #dialoguePorts(observe: DialoguePorts["observe"]): DialoguePorts {
    return {
      enter: this.queue.enter,
      deliver: (message) => {
        this.#media.follow(message.type);
        this.messages.deliver(message);
      },
      reject: (message, error) => this.messages.reject(message, error),
      play: (itemId, pcm) => this.play(pcm, itemId),
      flush: () => this.flush(),
      tell: (fact) => this.turns.tell(fact),
      ready: (continuity, botReady) => {
        this.turns.serviceReady(continuity, botReady);
        this.session.serviceReady(continuity);
      },
      changeConnection: (afterMs, withinMs) => this.#reports?.expiring({ afterMs, withinMs }),
      stands: (expects, isBusy) => {
        this.#reports?.expects(expects);
        this.#reports?.busy(isBusy);
      },
      unconfirmed: (messages) => this.messages.lost(messages),
      report: (error, as) => this.reportError(error, false, as),
      // The chart gives the attempt up, which ends what had begun on it.
      lost: (error) => this.#reports?.closed(this.session.errors.record(error)),
      end: () => void this.attempts.disconnect(),
      queued: (bytes) => this.microphone.waitsBehind(bytes),
      observe,
      logger: this.logger,
    };
  }

  /** Where what the charts say goes. */
  #sessionListener(): SessionListener {
    return {
      post: (callback) => this.queue.post(callback),
      entered: (state, error) => this.#entered(state, error),
      edge: (edge) => this.turns.unprompted(edge),
      announced: (state, error) => this.#announced(state, error),
      settled: () => this.attempts.settled(),
      decided: (verdict) => this.attempts.decided(verdict),
      crashed: (error) => this.attempts.promises.crashed(error),
      microphoneSettled: () => this.attempts.promises.microphoneSettled(),
      deviceFault: (error) => this.reportDeviceError(error),
      speakerFreed: () => this.devices.reportSpeaker(),
      connectionLost: (error) => this.reportError(error),
      recovered: (recovery) => runSafely("onRecovered", this.logger, () => this.options.onRecovered?.(recovery)),
    };
  }

  /** The XState actor of the session's root chart. */
  get actor(): TransportActor {
    return this.session.actor;
  }

  /** Whether the messages of RTVI's services are answered here, in every state. */
  get answersServices(): boolean {
    return this.#responder !== undefined;
  }

  /** Whether the connection takes messages; false while it closes. */
  get isOpen(): boolean {
    return this.runner.connection?.isOpen === true;
  }

  /** A client has the transport. */
  #adopt({ options, handler, adopted }: ClientOfTransport, isFirst: boolean): void {
    this.session.compose();
    this.#callbacks = this.attempts.begin(options, safeCallbacks(options.callbacks ?? {}, this.logger));
    this.messages.handle(safeHandler(handler, this.logger, this.messages.threw));
    if (options.enableMic === false || !isFirst) this.enableMic(options.enableMic !== false);
    adopted({ ...options, callbacks: this.#callbacks });
  }

  /** Reads connection parameters and lets go of them. @throws InvalidOptionsError naming the key that is wrong. */
  checkParams(params: unknown): void {
    this.#parts.provider.readParams(params);
  }

  /** Has the service asked whether it is ready, and resolves when it is; rejects when the session ends before. */
  async sendReadyMessage(): Promise<void> {
    this.queue.enter(() => {
      this.turns.tell({ type: "bot.asked" });
      const asked: Command = { type: "client-ready" };
      if (this.runner.connection === undefined) this.#sessions.commandOffline(asked);
      else this.advise(asked);
    });
    await this.attempts.promises.whenReady();
    this.queue.enter(() => this.turns.botIsReady());
  }

  /** Turns the microphone on or off: an order to its chart, and news for the service. */
  enableMic(enable: boolean): void {
    this.queue.enter(() => {
      this.actor.send({ type: enable ? "mic.unmuted" : "mic.muted" });
      this.runner.do((dialogue) => dialogue.command({ type: "mic", on: enable }));
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

  /** Carries out commands. @throws NotReadyError before the session is ready; what the dialogue and the connection throw. */
  command(...commands: readonly Command[]): void {
    this.queue.enter(() => this.runner.command(commands));
  }

  /** Changes settings (checked) of the session that runs, if one does. @throws what the dialogue and the connection throw. */
  updateSettings(settings: JsonRecord): void {
    const command: Command = { type: "update", settings };
    if (this.runner.isReady) this.command(command);
    else this.advise(command);
  }

  /** Carries out a command where there is a dialogue, ready or not; nothing without one. */
  advise(command: Command): void {
    this.queue.enter(() => this.runner.do((dialogue) => dialogue.command(command)));
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

  /** Reports through `onError`, by the service's own message where there is one, and in the log. A fatal one makes the client disconnect. */
  reportError(error: Error, isFatal = false, as?: OutgoingMessage): void {
    this.logger.warn(`${isFatal ? "fatal error" : "error"}: ${error.message}`);
    if (as !== undefined) this.messages.deliver(as);
    else this.queue.post(() => this.#callbacks.onError?.(errorMessage(error, isFatal)));
  }

  /** Reports through `onDeviceError`. */
  reportDeviceError(error: DeviceError): void {
    this.logger.warn(`device error (${error.devices.join(", ")}, ${error.type}): ${error.message}`);
    this.queue.post(() => this.#callbacks.onDeviceError?.(error));
  }

  /** A state of the chart, before the app hears of it. */
  #entered(state: TransportState, error: Error | undefined): void {
    // Settles promises; what awaits them goes on after the callbacks that are posted by then.
    this.attempts.promises.entered(state, error);
    const { isRecovering } = this.session;
    this.#media.listen(isRecovering);
    if (state === "ready") this.microphone.ready(ratesOf(this.#parts.manager).input);
    else if (isRecovering) this.microphone.recovering();
    else this.microphone.drop();
    if (state !== "disconnected" && state !== "error") return;
    this.microphone.end();
    this.#reports = undefined;
    this.tracks.usePeer(undefined);
    this.messages.carryOutOffline(this.#sessions.end());
  }

  #announced(state: TransportState, error: Error | undefined): void {
    this.#parts.announced(state);
    this.logger.info(`state: ${state}`);
    this.#callbacks.onTransportStateChanged?.(state);
    if (state === "connected" && this.session.timesOpened === 1) this.#callbacks.onConnected?.();
    if (state === "disconnected") this.#callbacks.onDisconnected?.();
    if (state === "ready") {
      // The app knows that the session is ready: it hears of a new bot, and what waited is sent.
      this.queue.enter(() => {
        if (this.session.timesReady > 1) this.turns.botIsReady();
        this.messages.flush();
      });
    } else if (!isInSession(state)) this.queue.enter(() => this.messages.end());
    if (error !== undefined) this.reportError(error, true);
  }
}
