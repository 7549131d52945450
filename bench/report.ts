/** One measure, taken `ours.length` times side by side. Less is better, always. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly peer: readonly number[];
  /** The same in every run (a size, a count by construction): one value says it all. */
  readonly exact?: boolean;
}

/** One measure without something and with it, run by run. */
export interface AddedRow {
  readonly name: string;
  readonly unit: string;
  readonly without: readonly number[];
  readonly with: readonly number[];
}

type Verdict = "better" | "equal" | "no difference shown" | "not better" | "one run";

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Least and most; of eight runs and more those of the middle half: the machine has other things to do. */
function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const edge = sorted.length < 8 ? 0 : Math.floor(sorted.length / 4);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    least: at(edge),
    most: at(sorted.length - 1 - edge),
  };
}

function format(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  return value.toFixed(size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.095 ? 2 : 3);
}

function formatSpread({ median, least, most }: Spread): string {
  return least === most ? format(median) : `${format(median)} (${format(least)}..${format(most)})`;
}

/** Ours by the peer's, run by run: what both suffered in a run cancels out. */
const ratioOf = ({ ours, peer }: Row): Spread => spreadOf(ours.map((value, run) => value / (peer[run] ?? Number.NaN)));

function judge(row: Row): Verdict {
  const { least, most } = ratioOf(row);
  // Zero by zero.
  if (Number.isNaN(most)) return "equal";
  if (row.exact !== true && row.ours.length < 3) return "one run";
  if (most < 1) return "better";
  if (least === 1 && most === 1) return "equal";
  return least > 1 ? "not better" : "no difference shown";
}

function printTable(lines: readonly (readonly string[])[]): void {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) {
    process.stdout.write(
      `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd() + "\n",
    );
  }
}

/** Prints sections as they come, and keeps what has to be said at the end. */
export class Report {
  readonly #rest: string[] = [];
  readonly #failures: string[] = [];

  /** Prints the table of a section: medians, then least and most of the runs. */
  section(title: string, rows: readonly Row[], notes: readonly string[] = []): void {
    process.stdout.write(`\n${title}\n`);
    const lines = rows.map((row) => {
      const verdict = judge(row);
      if (verdict !== "better" && verdict !== "one run")
        this.#rest.push(`${title.split(":")[0] ?? title}: ${row.name}: ${verdict}`);
      const { name, unit, ours, peer } = row;
      const cells = [formatSpread(spreadOf(ours)), formatSpread(spreadOf(peer)), formatSpread(ratioOf(row))];
      return [name, unit, ...cells, verdict];
    });
    printTable([["", "unit", "ours", "peer", "ours/peer", "ours is"], ...lines]);
    for (const note of notes) process.stdout.write(`  ${note}\n`);
  }

  /** Prints a table of ours alone: what something adds to what is there without it. */
  added(title: string, rows: readonly AddedRow[], notes: readonly string[] = []): void {
    process.stdout.write(`\n${title}\n`);
    const lines = rows.map(({ name, unit, without, with: more }) => {
      const added = spreadOf(more.map((value, run) => value - (without[run] ?? Number.NaN)));
      return [name, unit, formatSpread(spreadOf(without)), formatSpread(spreadOf(more)), formatSpread(added)];
    });
    printTable([["", "unit", "without", "with", "added"], ...lines]);
    for (const note of notes) process.stdout.write(`  ${note}\n`);
  }

  failed(what: string, error: unknown): void {
    this.#failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** Says where we are not better, and what could not be measured. */
  finish(): { readonly complete: boolean } {
    const list = (title: string, lines: readonly string[]): void => {
      if (lines.length > 0) process.stdout.write(`\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`);
    };
    list("Not shown to be better than the peer", this.#rest);
    list("Could not be measured", this.#failures);
    return { complete: this.#failures.length === 0 };
  }
}
