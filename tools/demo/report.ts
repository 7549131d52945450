const KIND_WIDTH = 6;
const TIME_WIDTH = 7;

const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code: number, text: string): string => (colour ? `\u001B[${code}m${text}\u001B[0m` : text);

/** Colours of the kinds of lines. */
const TONES: Readonly<Record<string, number>> = { state: 34, user: 36, bot: 35, error: 31, you: 33 };

/** What the demo prints: one line per fact, dated in seconds since the session began, and one per check. */
export class Report {
  readonly failures: string[] = [];
  readonly #began = Date.now();
  readonly #lines: string[] = [];
  #passed = 0;
  #files: readonly string[] = [];

  line(text = ""): void {
    this.#lines.push(text);
    process.stdout.write(`${text}\n`);
  }

  /** Everything that was printed so far. */
  get text(): string {
    return this.#lines.join("\n");
  }

  heading(text: string): void {
    this.line();
    this.line(paint(1, text));
  }

  /** @param at seconds since the session began */
  fact(at: number, kind: string, text: string): void {
    const time = at.toFixed(3).padStart(TIME_WIDTH);
    this.line(`${time} s  ${paint(TONES[kind] ?? 90, kind.padEnd(KIND_WIDTH))}  ${text}`);
  }

  /** A fact about the set-up, before there is a clock. */
  setup(kind: string, text: string): void {
    this.line(`  ${kind.padEnd(13)}${text}`);
  }

  check(holds: boolean, text: string): void {
    if (holds) this.#passed += 1;
    else this.failures.push(text);
    this.line(`  ${holds ? paint(32, "✓") : paint(31, "✗ FAILED")} ${text}`);
  }

  /** Files that the summary names. */
  saved(files: readonly string[]): void {
    this.#files = files;
  }

  /** The summary. */
  close(): void {
    const failed = this.failures.length;
    const seconds = ((Date.now() - this.#began) / 1000).toFixed(1);
    const all = this.#passed + failed;
    this.heading(failed === 0 ? `${all} checks hold, ${seconds} s` : `${failed} of ${all} checks failed, ${seconds} s`);
    for (const failure of this.failures) this.line(`  ${paint(31, "✗")} ${failure}`);
    if (this.#files.length > 0) this.line(`  ${this.#files.join(", ")}`);
  }
}
