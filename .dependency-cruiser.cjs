/**
 * Six floors, arrows point down only:
 * providers → rtvi → compose → actors → {machines, wire, media} → {contracts, pipes, policy, codec, errors, log}.
 * The annexes (services, inspect, testing, local-service) may look at the floors; no floor looks at them.
 */

const ANNEXES = "services|inspect|testing|local-service";
const NO_TYPES = { dependencyTypesNot: ["type-only"] };

/** Only `allowed` of our own modules may be imported from `from`. Packages are another rule's business. */
const floor = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: "^(src|machines)/", pathNot: [from, ...allowed] },
});

const CONTRACTS = "^src/contracts/";
const BASE = "^src/(errors|log)[.]ts$";
const GROUND = [CONTRACTS, "^src/(pipes|policy|codec)/", BASE];
const MIDDLE = ["^src/(wire|media)/", ...GROUND];
const ACTORS = ["^src/actors/", "^machines/", ...MIDDLE];
const OPTIONS = "^src/options[.]ts$";
const COMPOSE = ["^src/compose[.]ts$", OPTIONS, ...ACTORS];
const RTVI = ["^src/rtvi/", ...COMPOSE];

module.exports = {
  forbidden: [
    floor("machines-are-pure", "^machines/", [CONTRACTS], "A chart knows XState and the contracts."),
    {
      name: "machines-import-xstate-only",
      comment: "A chart knows XState and the contracts.",
      severity: "error",
      from: { path: "^machines/" },
      to: { pathNot: ["^machines/", CONTRACTS, "^node_modules/xstate/"] },
    },
    {
      name: "machines-see-contract-types-only",
      severity: "error",
      from: { path: "^machines/" },
      to: { path: CONTRACTS, ...NO_TYPES },
    },
    floor("contracts-stand-alone", CONTRACTS, [], "Contracts know contracts."),
    floor("errors-and-log", BASE, [CONTRACTS], "Everybody imports these."),
    floor("pipes", "^src/pipes/", [CONTRACTS, BASE], "Pipes know contracts."),
    floor("policy", "^src/policy/", [CONTRACTS, BASE], "Policies are pure functions."),
    floor("codec", "^src/codec/", [CONTRACTS, BASE], "Codecs are bytes in, bytes out."),
    floor("wire", "^src/wire/", GROUND, "Wires know nothing of sessions."),
    floor("media", "^src/media/", GROUND, "Media know nothing of sessions."),
    floor("actors", "^src/actors/", ACTORS, "Actors adapt the outside world to the charts."),
    {
      name: "actors-see-machine-types-only",
      comment: "An actor speaks a chart's events; only compose.ts joins the two.",
      severity: "error",
      from: { path: "^src/actors/" },
      to: { path: "^machines/", ...NO_TYPES },
    },
    floor("options", OPTIONS, ACTORS, "What every transport may be told."),
    floor("compose", "^src/compose[.]ts$", [OPTIONS, ...ACTORS], "The one place that knows everything below it."),
    floor("rtvi", "^src/rtvi/", COMPOSE, "The adapter does not know any provider."),
    floor("providers", "^src/providers/", RTVI, "A provider knows the adapter and what is below."),
    {
      name: "providers-stand-apart",
      comment: "Thrive's is a façade over OpenAI's, and nothing else.",
      severity: "error",
      from: { path: "^src/providers/(?!thrive/)([^/]+)/" },
      to: { path: "^src/providers/", pathNot: "^src/providers/$1/" },
    },
    {
      name: "thrive-sees-openai-only",
      severity: "error",
      from: { path: "^src/providers/thrive/" },
      to: { path: "^src/providers/", pathNot: "^src/providers/(thrive|openai)/" },
    },
    {
      name: "no-floor-sees-an-annex",
      severity: "error",
      from: { path: "^(src|machines)/", pathNot: `^src/(${ANNEXES})/` },
      to: { path: `^src/(${ANNEXES})/` },
    },
    {
      name: "annexes-stand-apart",
      severity: "error",
      from: { path: `^src/(${ANNEXES})/` },
      to: { path: `^src/(${ANNEXES})/`, pathNot: "^src/$1/" },
    },
    floor("local-service-is-not-a-page", "^src/local-service/", ["^src/codec/", BASE], "It runs in Node."),
    {
      name: "node-in-the-local-service-only",
      severity: "error",
      from: { path: "^(src|machines)/", pathNot: "^src/local-service/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "ws-in-the-local-service-only",
      severity: "error",
      from: { path: "^(src|machines)/", pathNot: "^src/local-service/" },
      to: { path: "^node_modules/ws/" },
    },
    {
      name: "inspector-on-demand",
      comment: "Optional and heavy: `await import()` it.",
      severity: "error",
      from: { path: "^(src|machines)/" },
      to: { path: "^node_modules/@statelyai/", dependencyTypesNot: ["dynamic-import", "type-only"] },
    },
    {
      name: "werift-on-demand",
      comment: "Optional and heavy: `await import()` it, for WebRTC calls to the local service only.",
      severity: "error",
      from: { path: "^(src|machines)/" },
      to: { path: "^node_modules/werift/", dependencyTypesNot: ["dynamic-import", "type-only"] },
    },
    {
      name: "opusscript-on-demand",
      comment: "Optional: `await import()` it, for WebRTC calls to the local service only.",
      severity: "error",
      from: { path: "^(src|machines)/" },
      to: { path: "^node_modules/opusscript/", dependencyTypesNot: ["dynamic-import", "type-only"] },
    },
    {
      name: "no-development-package",
      severity: "error",
      from: { path: "^(src|machines)/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["npm", "npm-peer", "type-only"],
      },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "everything-resolves", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      extensions: [".ts", ".js"],
    },
  },
};
