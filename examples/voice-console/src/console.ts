import { RTVIEvent, type RTVIMessage, type TransportState } from "@pipecat-ai/client-js";
import { liveInspector } from "rtvi-machine/inspect";
import { CuttableNetwork } from "./cuttable-network.js";
import { byId } from "./dom.js";
import { explain } from "./failure.js";
import type { OfferedService } from "./services.js";
import { Session } from "./session.js";
import { Timeline } from "./timeline.js";
import { Turns } from "./turns.js";
import type { Banner } from "./views/banner.js";
import { DevicePicker } from "./views/devices.js";
import { EventLogView } from "./views/event-log.js";
import { LatencyView } from "./views/latency.js";
import { Meter } from "./views/meter.js";
import { TranscriptView } from "./views/transcript.js";

const KEPT_TURNS = 50;
/** States in which nothing is under way: the button connects. */
const AT_REST: ReadonlySet<TransportState> = new Set(["disconnected", "initialized", "error"]);

/** Joins the page's controls and views to a session, and makes a new session when the choices change. */
export class Console {
  readonly #services: readonly OfferedService[];
  readonly #banner: Banner;
  readonly #service = byId("service", HTMLSelectElement);
  readonly #serviceHost = byId("service-host", HTMLElement);
  readonly #state = byId("state", HTMLOutputElement);
  readonly #connect = byId("connect", HTMLButtonElement);
  readonly #networkSwitch = byId("network", HTMLButtonElement);
  readonly #welcome = byId("welcome", HTMLElement);
  readonly #mute = byId("mute", HTMLButtonElement);
  readonly #processing = byId("processing", HTMLInputElement);
  readonly #text = byId("text", HTMLInputElement);
  readonly #send = byId("send", HTMLButtonElement);

  readonly #network = new CuttableNetwork();
  readonly #timeline = new Timeline();
  readonly #turns = new Turns(KEPT_TURNS);
  readonly #inspector = liveInspector({
    element: byId("inspector", HTMLElement),
    focus: "transport.lifecycle.session.live",
  });
  readonly #events = new EventLogView();
  readonly #latency = new LatencyView();
  readonly #transcript = new TranscriptView();
  readonly #userMeter = new Meter("user-level");
  readonly #botMeter = new Meter("bot-level");
  readonly #mics = new DevicePicker("mic", (id) => this.#session.client.updateMic(id));
  readonly #speakers = new DevicePicker("speaker", (id) => this.#session.client.updateSpeaker(id));
  #session: Session;

  constructor(services: readonly OfferedService[], banner: Banner) {
    this.#services = services;
    this.#banner = banner;
    this.#service.replaceChildren(...services.map((service) => new Option(service.label, service.id)));
    this.#timeline.listen((entry) => this.#events.add(entry.name, entry.summary, entry.at));
    this.#session = this.#open();

    const renew = (): void => {
      this.#session.disconnect().catch(this.#report);
      this.#session = this.#open();
    };
    this.#service.addEventListener("change", renew);
    this.#processing.addEventListener("change", renew);
    this.#connect.addEventListener("click", () => this.#toggleConnection());
    this.#networkSwitch.addEventListener("click", () => this.#switchNetwork(!this.#network.isCut));
    this.#mute.addEventListener("click", () => this.#showMuted(this.#session.toggleMute()));
    byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say(this.#text.value.trim());
    });
  }

  #open(): Session {
    const service = this.#services.find((offered) => offered.id === this.#service.value);
    if (!service) throw new Error("The server offers no service that this page knows.");
    const { host, hostname } = new URL(service.base_url);
    this.#serviceHost.textContent = host;
    byId("welcome-bot", HTMLElement).textContent =
      hostname === "127.0.0.1"
        ? "The built-in local service says back what it hears; it needs no key."
        : "The service's key stays in the page's server.";
    const choices = { processing: this.#processing.checked, inspect: this.#inspector, network: this.#network.parts };
    const session = new Session(service, choices, this.#timeline);
    this.#watchLifecycle(session);
    this.#watchRecovery(session);
    this.#watchSpeech(session);
    this.#watchDevices(session);
    this.#latency.explain(session.tellsTurnEnds);
    this.#mics.list([]);
    this.#speakers.list([]);
    this.#showState(session, session.client.state);
    return session;
  }

  #toggleConnection(): void {
    if (!AT_REST.has(this.#session.client.state)) {
      this.#session.disconnect().catch(this.#report);
      return;
    }
    this.#banner.hide();
    this.#timeline.restart();
    this.#session.connect().catch(this.#report);
  }

  readonly #report = (problem: unknown): void => this.#banner.show(explain(problem));

  #switchNetwork(cut: boolean): void {
    if (cut) this.#network.cut();
    else this.#network.restore();
    this.#networkSwitch.setAttribute("aria-pressed", String(cut));
    this.#networkSwitch.textContent = cut ? "Restore the network" : "Cut the network";
    if (cut) this.#transcript.note("network cut");
  }

  #say(text: string): void {
    if (text === "") return;
    this.#text.value = "";
    this.#transcript.userTyped(text);
    this.#turns.userStarted();
    this.#turns.asked("text", performance.now());
    this.#latency.show(this.#turns);
    this.#session.say(text).catch(this.#report);
  }

  #watchLifecycle(session: Session): void {
    session.on(RTVIEvent.TransportStateChanged, (state) => this.#showState(session, state));
    session.on(RTVIEvent.Error, (message: RTVIMessage) => this.#report(message.data));
    session.on(RTVIEvent.MessageError, (message: RTVIMessage) => this.#report(message.data));
    session.on(RTVIEvent.DeviceError, this.#report);
    session.on(RTVIEvent.Connected, () => {
      this.#welcome.hidden = true;
      this.#transcript.sessionBegan();
    });
    session.on(RTVIEvent.Disconnected, () => {
      this.#userMeter.set(0);
      this.#botMeter.set(0);
      this.#setSpeaking("user", false);
      this.#setSpeaking("bot", false);
    });
  }

  #watchRecovery({ transport }: Session): void {
    transport.actor.on("session.recovered", ({ recovery: { gapMs, continuity } }) => {
      this.#banner.hide();
      this.#transcript.sessionBegan();
      this.#transcript.note(`back after ${(gapMs / 1000).toFixed(1)} s, conversation ${continuity}`);
    });
  }

  #watchSpeech(session: Session): void {
    session.on(RTVIEvent.LocalAudioLevel, (level) => this.#userMeter.set(level));
    session.on(RTVIEvent.RemoteAudioLevel, (level) => this.#botMeter.set(level));
    session.on(RTVIEvent.UserStartedSpeaking, () => {
      this.#setSpeaking("user", true);
      this.#turns.userStarted();
      this.#transcript.userStarted(performance.now());
    });
    session.on(RTVIEvent.UserStoppedSpeaking, () => {
      this.#setSpeaking("user", false);
      this.#turns.asked("speech", performance.now());
      this.#transcript.userStopped(session.tellsTurnEnds ? performance.now() : undefined);
      this.#latency.show(this.#turns);
    });
    session.on(RTVIEvent.BotStartedSpeaking, () => {
      this.#setSpeaking("bot", true);
      this.#turns.botStarted(performance.now(), session.tellsTurnEnds);
      this.#transcript.botStarted();
      this.#latency.show(this.#turns);
    });
    session.on(RTVIEvent.BotStoppedSpeaking, () => {
      this.#setSpeaking("bot", false);
      this.#turns.botStopped();
      this.#transcript.botStopped();
    });
    session.on(RTVIEvent.UserTranscript, ({ text, final }) => this.#transcript.userHeard(text, final));
    session.on(RTVIEvent.BotOutput, (output) => this.#transcript.botOutput(output));
    session.on(RTVIEvent.LLMFunctionCallInProgress, ({ function_name }) => {
      this.#transcript.note(`calls ${function_name ?? "a function"}`);
    });
    session.on(RTVIEvent.Metrics, ({ ttfb }) => {
      const value = ttfb?.[0]?.value;
      if (value === undefined) return;
      this.#turns.measured(value);
      this.#latency.show(this.#turns);
    });
  }

  #watchDevices(session: Session): void {
    session.on(RTVIEvent.AvailableMicsUpdated, (mics) => this.#mics.list(mics));
    session.on(RTVIEvent.AvailableSpeakersUpdated, (speakers) => this.#speakers.list(speakers));
    session.on(RTVIEvent.MicUpdated, (mic) => this.#mics.select(mic.deviceId));
    session.on(RTVIEvent.SpeakerUpdated, (speaker) => this.#speakers.select(speaker.deviceId));
  }

  #showState(session: Session, state: TransportState): void {
    const resting = AT_REST.has(state);
    this.#state.value = state;
    this.#state.dataset.state = state;
    this.#connect.textContent = resting ? "Connect" : "Disconnect";
    this.#connect.classList.toggle("primary", resting);
    this.#connect.disabled = state === "disconnecting";
    this.#networkSwitch.disabled = resting;
    if (resting) this.#switchNetwork(false);
    this.#service.disabled = !resting;
    this.#processing.disabled = !resting;
    this.#text.disabled = state !== "ready";
    this.#send.disabled = state !== "ready";
    this.#showMuted(!session.client.isMicEnabled);
  }

  #showMuted(muted: boolean): void {
    this.#mute.setAttribute("aria-pressed", String(muted));
    this.#mute.textContent = muted ? "Unmute" : "Mute";
  }

  #setSpeaking(who: "user" | "bot", speaking: boolean): void {
    byId(`${who}-speaking`, HTMLElement).classList.toggle("on", speaking);
  }
}
