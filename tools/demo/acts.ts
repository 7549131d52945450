import { setTimeout as sleep } from "node:timers/promises";
import { judgeAnswer, type Answer } from "./answers.js";
import type { Report } from "./report.js";
import type { SeenTurn } from "./session-watch.js";
import { rms, seconds, utterances } from "./sound.js";
import type { Stage } from "./stage.js";
import type { Sound } from "./wav.js";

/** Bounds of what is checked. */
const READY_MS = 10_000;
const TURN_MS = 60_000;
const ANSWER_MS = 10_000;
const LEAST_CORRELATION = 0.9;
/** From the event that the user speaks to the last sound of the bot. */
const SILENT_WITHIN_MS = 150;
/**
 * The same over RTP, where what is in the browser's jitter buffer is still heard after the service has stopped: 89 ms by
 * `getStats()`, averaged over a session of 30 s. Three runs on an idle machine saw 75 to 145 ms. The correlation keeps its bound: Opus, twice,
 * leaves 0.975 of it, and the jitter buffer, which stretches and squeezes, 0.95.
 */
const SILENT_WITHIN_OVER_RTP_MS = 250;
/** From the event that the user speaks to the event that the bot stopped. */
const STOPPED_WITHIN_MS = 500;
/** RMS of the loudest 5 ms: what counts as heard. */
const HEARD = 0.01;
/** Chunks that were on their way when the microphone was muted. */
const MUTE_SETTLES_MS = 250;
/** More than the service takes to notice the end of a turn. */
const VAD_MS = 800;
/** Far enough into a turn for a look at the meters, and for a picture. */
const MID_SPEECH_MS = 500;
/** How long a speaker's meter may stay at 0: a breath. */
const METER_MS = 1500;

const fixed = (value: number): string => value.toFixed(3);
const nameOf = (turn: SeenTurn): string => (turn.asked === "greeting" ? "greeting" : `turn ${turn.number}`);
const ms = (value: number): string => `${Math.round(value)} ms`;

/** One demonstration: what is done to the page, and what must come of it. */
export class Acts {
  readonly #stage: Stage;
  readonly #report: Report;
  readonly #recording: Sound;
  readonly #silentWithinMs: number;
  /** Gemini does not say when a turn ends: that event is concluded from the answer, and nothing is to be timed by it. */
  readonly #tellsTurnEnds: boolean;
  readonly #spoken: SeenTurn[] = [];
  readonly answers: Answer[] = [];

  constructor(stage: Stage, report: Report, recording: Sound, service: string) {
    this.#silentWithinMs = service.endsWith("-webrtc") ? SILENT_WITHIN_OVER_RTP_MS : SILENT_WITHIN_MS;
    this.#tellsTurnEnds = service !== "gemini";
    this.#stage = stage;
    this.#report = report;
    this.#recording = recording;
  }

  async connect(): Promise<void> {
    const { page, watch } = this.#stage;
    await page.click("#connect");
    await watch.until("ready", () => watch.state === "ready", READY_MS);
    const took = (watch.last("transportStateChanged")?.at ?? 0) - (watch.last("clicked")?.at ?? 0);
    this.#report.check(true, `ready ${ms(took)} after the click`);
    // The inspector draws with the next frame.
    const ready = '#inspector .state.active[data-state="transport.lifecycle.session.live.ready"]';
    await page.waitForSelector(ready, { state: "attached", timeout: READY_MS }).catch(() => undefined);
    const lit = await page
      .locator("#inspector .state.active")
      .evaluateAll((states) => states.map((state) => state.getAttribute("data-state") ?? ""));
    // Of states within each other, the innermost says it all.
    const ofTransport = lit.filter((id) => id.startsWith("transport."));
    const innermost = ofTransport.filter((id) => !ofTransport.some((other) => other.startsWith(`${id}.`)));
    this.#report.check(
      lit.includes("transport.lifecycle.session.live.ready"),
      `the inspector lights ${innermost.map((id) => id.replace("transport.", "")).join(", ")}`,
    );
  }

  /** Speech in, speech out: two answers to the end, and one that the user cuts off. */
  async converse(): Promise<void> {
    const { watch } = this.#stage;
    const judged = new Set<SeenTurn>();
    const enough = (): boolean => {
      for (const turn of watch.turns) {
        if (turn.botStopped === undefined || this.#stage.now() < turn.botStopped + 600 || judged.has(turn)) continue;
        judged.add(turn);
        if (turn.asked === "speech" && turn.interruptedAt === undefined) this.#spoken.push(turn);
        if (turn.interruptedAt !== undefined) this.#judgeInterruption(turn, turn.interruptedAt);
      }
      const spoken = [...judged].filter(({ asked }) => asked === "speech");
      const cutOff = spoken.filter(({ interruptedAt }) => interruptedAt !== undefined).length;
      return cutOff >= 1 && spoken.length - cutOff >= 2;
    };
    await watch.until("two spoken answers to the end and one interrupted", enough, TURN_MS);
  }

  /** Muted, while the recording goes on; the bot answers text meanwhile. */
  async muteAndType(): Promise<void> {
    const { page, watch, sent, timeOrigin } = this.#stage;
    const first = watch.events.find(({ name }) => name === "userStartedSpeaking")?.at ?? this.#stage.now();
    await page.click("#mute");
    await page.fill("#text", "Hello there, can you hear me?");
    await page.press("#text", "Enter");
    await watch.until("the answer to the text", () => this.#lastText()?.botStopped !== undefined, ANSWER_MS);
    const { askedAt = 0, botStarted = 0, botStopped = 0 } = this.#lastText() ?? {};
    const level = this.#stage.played.peak(botStarted, botStopped);
    const spoke = ((botStopped - botStarted) / 1000).toFixed(1);
    this.#report.check(
      level > HEARD,
      `text is answered aloud, ${ms(botStarted - askedAt)} after it was sent, for ${spoke} s`,
    );

    const muted = watch.last("clicked")?.at ?? 0;
    const loop = seconds(this.#recording) * 1000;
    const [opening] = utterances(this.#recording);
    const words = opening ? (opening.to - opening.from) * 1000 : 0;
    const nextWords = first + Math.ceil((muted - first) / loop) * loop;
    await sleep(Math.max(0, nextWords + words + VAD_MS - this.#stage.now()));
    const heard = watch.count("userStartedSpeaking", muted) + watch.count("userTranscript", muted);
    const wire = sent.between(timeOrigin + muted + MUTE_SETTLES_MS, Date.now());
    this.#report.check(heard === 0, "muted: the recording speaks again, and nobody hears it");
    this.#report.check(
      rms(wire.samples) === 0,
      `muted: ${wire.samples.length === 0 ? "nothing" : "nothing but silence"} went over the wire`,
    );
    await page.click("#mute");
  }

  /** Waits until the bot answers what is said after unmuting, and stops in the middle of the answer. */
  async unmutedAgain(): Promise<void> {
    const { watch } = this.#stage;
    const unmuted = watch.last("clicked")?.at ?? 0;
    await watch.until("speech after unmuting", () => watch.count("userStartedSpeaking", unmuted) > 0, TURN_MS);
    await sleep(MID_SPEECH_MS);
    const user = await this.#meter("user");
    await watch.until(
      "an uninterrupted answer after unmuting",
      () => watch.count("botStartedSpeaking", unmuted) > 1,
      TURN_MS,
    );
    this.#report.check(true, "unmuted: heard and answered again");
    await sleep(MID_SPEECH_MS);
    const bot = await this.#meter("bot");
    this.#report.check(user > 0 && bot > 0, `the level meters move: you ${user} %, bot ${bot} % of the scale`);
  }

  async disconnect(): Promise<void> {
    const { page, watch } = this.#stage;
    await page.click("#connect");
    await watch.until("disconnected", () => watch.state === "disconnected", READY_MS);
    await this.nothingHeld();
  }

  async nothingHeld(): Promise<void> {
    await sleep(200);
    const { liveTracks, openContexts, openSockets, openPeers } = await this.#stage.holdings();
    this.#report.check(
      liveTracks + openContexts + openSockets + openPeers === 0,
      `disconnected: ${liveTracks} live tracks, ${openContexts} open audio contexts, ${openSockets} open sockets, ` +
        `${openPeers} open peer connections`,
    );
  }

  /** The first level above 0 that a meter shows, in percent; 0 when it stays there. */
  async #meter(who: "user" | "bot"): Promise<number> {
    const end = Date.now() + METER_MS;
    let level = 0;
    while (level === 0 && Date.now() < end) {
      level = Number(await this.#stage.page.getAttribute(`#${who}-level`, "aria-valuenow"));
    }
    return level;
  }

  /**
   * What the bot played, beside what was said to it. Not while the session runs: this computes for a second, and the
   * local service, which is in this process, would neither hear nor speak meanwhile.
   */
  judgeAnswers(): void {
    for (const turn of this.#spoken.splice(0)) this.#judge(turn);
  }

  #lastText(): SeenTurn | undefined {
    return this.#stage.watch.turns.findLast(({ asked }) => asked === "text");
  }

  #judge(turn: SeenTurn): void {
    const answer = judgeAnswer(this.#stage, this.#recording, turn);
    this.answers.push(answer);
    const { utterance, withRecording, withSent, latency, wait } = answer;
    this.#report.check(
      Math.min(withRecording, withSent) > LEAST_CORRELATION,
      `${nameOf(turn)}: the answer, as played, is utterance ${utterance} of the recording: correlation ${fixed(withRecording)} ` +
        `(${fixed(withSent)} with what was sent), ${ms(wait)} after the last word` +
        (this.#tellsTurnEnds ? `, ${ms(latency)} after the turn's end` : ""),
    );
  }

  #judgeInterruption(turn: SeenTurn, at: number): void {
    const { played, watch } = this.#stage;
    const next = watch.turns.find((later) => (later.botStarted ?? 0) > at)?.botStarted ?? at + 1500;
    const before = played.peak(at - 400, at);
    const silent = (played.lastSound(at - 400, Math.min(next, at + 1500)) ?? at) - at;
    const stopped = (turn.botStopped ?? Infinity) - at;
    this.#report.check(
      before > HEARD && silent <= this.#silentWithinMs,
      `${nameOf(turn)}: interrupted; the bot was audible (${fixed(before)} RMS) and silent ${ms(Math.max(0, silent))} after the user's start`,
    );
    this.#report.check(stopped <= STOPPED_WITHIN_MS, `${nameOf(turn)}: bot-stopped-speaking ${ms(stopped)} after it`);
  }
}
