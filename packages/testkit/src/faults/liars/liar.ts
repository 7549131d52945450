import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Frame, LiarProtocol, Turn } from "./liar-protocol.js";

/** How a service departs from the truth. Whatever is not named, it says as an honest one would. */
export interface Lie {
  /** Instead of the WebSocket handshake. */
  readonly upgrade?: (socket: Duplex, request: IncomingMessage) => void;
  /** Instead of the welcome. */
  readonly welcome?: (line: LiarLine) => unknown;
  /** Instead of the answer to the app's set-up. */
  readonly ready?: (line: LiarLine) => unknown;
  /** Instead of the answer to a cancellation. */
  readonly cancel?: (line: LiarLine) => unknown;
  /** Instead of an answer to a text. */
  readonly turn?: (line: LiarLine, turn: Turn, id: string) => unknown;
}

/** One connection of a liar, as a lie sees it. */
export abstract class LiarLine {
  /** @param credential The secret that the app has sent. */
  constructor(
    readonly protocol: LiarProtocol,
    readonly credential: string,
  ) {}

  abstract readonly isOpen: boolean;

  /** Not called on a line that is closed. */
  protected abstract send(frame: Frame): void;

  /** A data channel has neither code nor reason. */
  abstract close(code: number, reason: string): void;

  /** Says what it is given, in this order; nothing on a line that is closed. */
  say(...frames: readonly (Frame | readonly Frame[])[]): void {
    for (const frame of frames.flatMap((each) => (isList(each) ? each : [each]))) if (this.isOpen) this.send(frame);
  }

  /** A whole answer, as an honest service gives it. */
  tell(turn: Turn): void {
    this.say(turn.begin, turn.middle, turn.end);
  }
}

const isList = (frames: Frame | readonly Frame[]): frames is readonly Frame[] => Array.isArray(frames);

/** What a liar is, whatever carries its lines. Honest unless told to lie, so that a test can talk before and after. */
export abstract class Liar<Line extends LiarLine = LiarLine> {
  /** In force from now on, also on lines that are open. */
  lie: Lie = {};
  /** The texts that apps have sent, over all lines. */
  readonly texts: string[] = [];
  /** Lines that are open, oldest first. */
  readonly lines: Line[] = [];
  #turns = 0;

  protected constructor(protected readonly protocol: LiarProtocol) {}

  /** The line that was opened last. Throws when there is none. */
  get line(): Line {
    const line = this.lines.at(-1);
    if (line === undefined) throw new Error("nobody is connected to the liar");
    return line;
  }

  /** A line is open. Returns what to call with each of its messages. */
  protected opened(line: Line): (data: Buffer, isBinary: boolean) => void {
    this.lines.push(line);
    let asked: string | undefined;
    if (this.lie.welcome) void this.lie.welcome(line);
    else line.say(this.protocol.welcome());
    return (data, isBinary) => {
      const said = this.protocol.read(data, isBinary);
      if (said.kind === "setup") this.#answerSetup(line);
      if (said.kind === "cancel") this.#answerCancel(line, said.eventId);
      if (said.kind === "text") {
        this.texts.push(said.text);
        asked = said.text;
      }
      if (said.kind !== this.protocol.answersOn) return;
      this.#answer(line, asked ?? "nothing");
      asked = undefined;
    };
  }

  protected closed(line: Line): void {
    if (this.lines.includes(line)) this.lines.splice(this.lines.indexOf(line), 1);
  }

  #answerSetup(line: Line): void {
    if (this.lie.ready) void this.lie.ready(line);
    else line.say(this.protocol.ready());
  }

  #answerCancel(line: Line, eventId: string | undefined): void {
    if (this.lie.cancel) void this.lie.cancel(line);
    else line.say(this.protocol.nothingToCancel(eventId));
  }

  #answer(line: Line, text: string): void {
    this.#turns += 1;
    const id = String(this.#turns);
    const turn = this.protocol.turn(`You said: ${text}`, id);
    if (this.lie.turn) void this.lie.turn(line, turn, id);
    else line.tell(turn);
  }
}

/** A lie that repeats itself: no more than `times` times, and only as long as the line is open. */
export async function repeatedly(line: LiarLine, times: number, everyMs: number, run: () => void): Promise<void> {
  for (let count = 0; count < times && line.isOpen; count += 1) {
    run();
    await sleep(everyMs);
  }
}
