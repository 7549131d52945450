import { dirname } from "node:path";

/** Tests that judge together; a mutant that they let live goes on to the next ones. */
export interface Stage {
  readonly name: string;
  readonly tests: readonly string[];
  /** Whether some of them look at a real clock, so that a failure counts only when it comes again. */
  readonly confirmed: boolean;
  readonly timeoutMs: number;
}

/** Not asked: these see that a chart's text differs from its drawing, which is no test of what it does. */
const DRAWINGS = "test/graph/charts.test.ts";

/** Where the tests of a kind stand, beside those that mirror its folder. */
const NEAR: readonly (readonly [kind: RegExp, tests: RegExp])[] = [
  [/^machines\//, /^test\/graph\//],
  [/^src\/actors\//, /^test\/unit\/actors\//],
  [/^src\/connection\//, /^test\/unit\/(connection\/|actors\/|providers\/openai\/webrtc)/],
  [/^src\/transport\//, /^test\/(unit\/transport\/|adapter\/subclass)/],
];
/** Of one chart: no neighbour of the others. */
const CHART_OF = /^test\/graph\/(connection|microphone|speaker|transport)[.-]/;
const ASSEMBLED =
  /^test\/(graph|unit\/actors|unit\/transport|unit\/dialogue|properties\/(orderings|system|defects)|adapter\/(subclass|inspection)|conformance\/scripted)/;
const SERVICES = /^test\/(unit\/(providers|compat|media\/[^/]+$)|adapter|conformance)/;
/** Speak to a local service in real time: minutes for one survivor, and when the machine is busy they would see ghosts. */
const SLOW =
  /local-service|live\b|corpus|property|unanswered|gemini\/recovery|(gemini|openai)\/transport|thrive\/(transport|config)|adapter\/services/;

/** The folder of tests that mirrors a file's own, or else one above it. */
function mirrorOf(file: string, every: readonly string[]): string {
  let folder = dirname(file).replace(/^src\//, "test/unit/");
  while (folder !== "." && !every.some((test) => dirname(test) === folder)) folder = dirname(folder);
  return folder;
}

/** What judges the mutants of a file, the nearest and quickest first. No test is asked twice. */
export function stagesOf(file: string, every: readonly string[]): readonly Stage[] {
  const mirror = mirrorOf(file, every);
  const chart = /^machines\/(\w+)/.exec(file)?.[1];
  const ofAnother = (test: string): boolean => chart !== undefined && chart !== CHART_OF.exec(test)?.[1];
  const kinds = NEAR.filter(([kind]) => kind.test(file)).map(([, tests]) => tests);
  const isNear = (test: string): boolean =>
    (dirname(test) === mirror || kinds.some((tests) => tests.test(test))) &&
    !(CHART_OF.test(test) && ofAnother(test)) &&
    !SLOW.test(test);
  const asked = new Set([DRAWINGS]);
  const take = (wanted: (test: string) => boolean): readonly string[] => {
    const taken = every.filter((test) => test.endsWith(".test.ts") && !asked.has(test) && wanted(test));
    for (const test of taken) asked.add(test);
    return taken;
  };
  return [
    { name: "near", tests: take(isNear), confirmed: false, timeoutMs: 120_000 },
    { name: "assembled", tests: take((test) => ASSEMBLED.test(test)), confirmed: false, timeoutMs: 180_000 },
    {
      name: "services",
      tests: take((test) => SERVICES.test(test) && !SLOW.test(test)),
      confirmed: true,
      timeoutMs: 300_000,
    },
  ].filter(({ tests }) => tests.length > 0);
}
