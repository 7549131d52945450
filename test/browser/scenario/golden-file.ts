/** What was told in one step of a scenario: lanes run beside each other, and only within one is there an order. */
export interface Step {
  readonly title: string;
  readonly lanes: ReadonlyMap<string, string>;
}

/** What some services tell in place of the common lane. */
interface Difference {
  readonly services: readonly string[];
  readonly told: string;
  /** Why that is right. Empty after an update: somebody has to say it. */
  readonly because: string;
}

interface GoldenLane {
  readonly told: string;
  readonly differences: readonly Difference[];
}

/** Lanes by their names, in steps by their titles. */
export type Golden = Map<string, Map<string, GoldenLane>>;

/** The lane is empty. */
const NOTHING = "nothing";

const LINE = {
  title: /^\[(?<title>.+)\]$/,
  lane: /^(?<lane>\w+): (?<told>.+)$/,
  difference: /^ {2}(?<services>[\w-]+(?:, [\w-]+)*): (?<told>.+)$/,
  reason: /^ {4}because (?<because>.+)$/,
};

/** What a line is, and the parts of it. */
function kindOf(line: string): readonly [string, Readonly<Record<string, string | undefined>>] {
  for (const [kind, pattern] of Object.entries(LINE)) {
    const { groups } = pattern.exec(line) ?? {};
    if (groups !== undefined) return [kind, groups];
  }
  return ["none", {}];
}

/** Splits the file's text into its heading, which is for people, and its steps. @throws Error for a line that is none. */
export function readGolden(text: string): { readonly heading: string; readonly golden: Golden } {
  const golden: Golden = new Map();
  const first = text.search(/^\[/m);
  const start = first < 0 ? text.length : first;
  let lanes = new Map<string, GoldenLane>();
  let lane = "";
  for (const line of text.slice(start).split("\n")) {
    const [kind, groups] = kindOf(line);
    const { differences = [], told = "" } = lanes.get(lane) ?? {};
    switch (kind) {
      case "title":
        lanes = new Map<string, GoldenLane>();
        golden.set(groups.title!, lanes);
        break;
      case "lane":
        lane = groups.lane!;
        lanes.set(lane, { told: groups.told!, differences: [] });
        break;
      case "difference": {
        const next = { services: groups.services!.split(", "), told: groups.told!, because: "" };
        lanes.set(lane, { told, differences: [...differences, next] });
        break;
      }
      case "reason": {
        const explained = { ...differences.at(-1)!, because: groups.because! };
        lanes.set(lane, { told, differences: [...differences.slice(0, -1), explained] });
        break;
      }
      default:
        if (line !== "") throw new Error(`The golden file has a line that is none: ${line}`);
    }
  }
  return { heading: text.slice(0, start), golden };
}

export function writeGolden(heading: string, golden: Golden): string {
  const steps = [...golden].map(([title, lanes]) => {
    const lines = [...lanes].flatMap(([lane, { told, differences }]) => [
      `${lane}: ${told}`,
      ...differences.flatMap(({ services, told: other, because }) => [
        `  ${services.join(", ")}: ${other}`,
        ...(because === "" ? [] : [`    because ${because}`]),
      ]),
    ]);
    return [`[${title}]`, ...lines, ""].join("\n");
  });
  return heading + steps.join("\n");
}

const differenceOf = (service: string, { differences }: GoldenLane): Difference | undefined =>
  differences.find(({ services }) => services.includes(service));

/** The log that a service must have. @throws Error when one of its differences has no reason. */
export function expectedText(golden: Golden, service: string): string {
  const steps = [...golden].map(([title, lanes]): Step => {
    const own = [...lanes].map(([lane, common]): [string, string] => {
      const difference = differenceOf(service, common);
      if (difference?.because === "") throw new Error(`Why is ${service} different? ${title}, ${lane}`);
      return [lane, difference?.told ?? common.told];
    });
    return { title, lanes: new Map(own) };
  });
  return textOf(steps);
}

/** Without the lanes in which nothing was told. */
export function textOf(steps: readonly Step[]): string {
  const texts = steps.map(({ title, lanes }) => {
    const lines = [...lanes].filter(([, told]) => told !== NOTHING).map(([lane, told]) => `${lane}: ${told}`);
    return [`[${title}]`, ...lines.sort(), ""].join("\n");
  });
  return texts.join("\n");
}

/** Writes a service's log into the golden file: a step that is new as the common one, anything else as a difference. */
export function updateGolden(golden: Golden, service: string, steps: readonly Step[]): Golden {
  const isFirst = golden.size === 0;
  return new Map(
    steps.map(({ title, lanes }) => {
      const before = golden.get(title) ?? new Map<string, GoldenLane>();
      const names = new Set([...before.keys(), ...lanes.keys()]);
      const after = [...names].map((lane): [string, GoldenLane] => {
        const told = lanes.get(lane) ?? NOTHING;
        const common = before.get(lane) ?? { told: isFirst ? told : NOTHING, differences: [] };
        const old = differenceOf(service, common);
        if ((old?.told ?? common.told) === told) return [lane, common];
        const others = common.differences.flatMap((difference) => {
          const services = difference.services.filter((each) => each !== service);
          return services.length === 0 ? [] : [{ ...difference, services }];
        });
        const own = told === common.told ? [] : [{ services: [service], told, because: "" }];
        return [lane, { told: common.told, differences: [...others, ...own] }];
      });
      return [title, new Map(after)];
    }),
  );
}
