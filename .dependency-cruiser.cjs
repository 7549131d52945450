/**
 * Floors, arrows point down only:
 * providers, compat → transport → compose → actors, dialogue → machines, connection, media →
 * contracts, pipes, policy, codec, util, errors, log.
 * The annexes (services, inspect, testing) may look at the floors; no floor looks at them, but for the responder of RTVI services.
 * Packages, tools, benches and examples use the library; nothing imports from `test/`.
 */

const ANNEXES = "services|inspect|testing";
const LIBRARY = "^(src|machines)/";
const LOCAL_SERVICE = "^packages/local-service/";
const NO_TYPES = { dependencyTypesNot: ["type-only"] };

/** Only `allowed` of our own modules may be imported from `from`. Packages are another rule's business. */
const floor = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: "^(src|machines|packages|tools|bench|examples)/", pathNot: [from, ...allowed] },
});

const CONTRACTS = "^src/contracts/";
const BASE = "^src/(errors|log)[.]ts$";
const GROUND = [CONTRACTS, "^src/(pipes|policy|codec|util)/", BASE];
const MIDDLE = ["^src/(connection|media)/", ...GROUND];
const ACTORS = ["^src/actors/", "^machines/", ...MIDDLE];
const OPTIONS = "^src/options[.]ts$";
const COMPOSE = ["^src/compose[.]ts$", OPTIONS, ...ACTORS];
const DIALOGUE = "^src/dialogue/";
const TRANSPORT = ["^src/transport/", DIALOGUE, ...COMPOSE];
const RESPONDER = "^src/services/responder/";
const PROVIDERS = [RESPONDER, ...TRANSPORT];
const ANSWERS_SERVICES = "^src/(providers|compat)/";

/** An optional and heavy package that only a dynamic import may load. */
const onDemand = (name, from, path, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path, dependencyTypesNot: ["dynamic-import", "type-only"] },
});

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
    floor("util", "^src/util/", [CONTRACTS, "^src/codec/", BASE], "Small things that every floor may use."),
    floor("connection", "^src/connection/", GROUND, "Connections know nothing of sessions."),
    floor("media", "^src/media/", GROUND, "Media know nothing of sessions."),
    floor("actors", "^src/actors/", ACTORS, "Actors adapt the outside world to the charts."),
    {
      name: "actors-see-machine-types-only",
      comment: "An actor speaks a chart's events; only compose.ts joins the two.",
      severity: "error",
      from: { path: "^src/actors/" },
      to: { path: "^machines/", ...NO_TYPES },
    },
    floor(
      "dialogue",
      DIALOGUE,
      ["^src/connection/inbound-limiter[.]ts$", ...GROUND],
      "Translation: no socket, no media, no session.",
    ),
    floor("options", OPTIONS, ACTORS, "What every transport may be told."),
    floor("compose", "^src/compose[.]ts$", [OPTIONS, ...ACTORS], "The one place that knows everything below it."),
    floor("transport", "^src/transport/", PROVIDERS, "The RTVI face does not know any provider."),
    floor("providers", "^src/providers/", PROVIDERS, "A provider knows the transport and what is below."),
    {
      name: "providers-stand-apart",
      severity: "error",
      from: { path: "^src/providers/([^/]+)/" },
      to: { path: "^src/providers/", pathNot: "^src/providers/$1/" },
    },
    floor("compat", "^src/compat/", ["^src/providers/", ...PROVIDERS], "Drop-in classes of others, on top of all."),
    {
      name: "thrive-sees-openai-only",
      comment: "Thrive's is a façade over OpenAI's, and nothing else.",
      severity: "error",
      from: { path: "^src/compat/thrive/" },
      to: { path: "^src/(providers|compat)/", pathNot: "^src/(compat/thrive|providers/openai)/" },
    },
    {
      name: "no-floor-sees-an-annex",
      severity: "error",
      from: { path: LIBRARY, pathNot: `^src/(${ANNEXES})/` },
      to: { path: `^src/(${ANNEXES})/`, pathNot: RESPONDER },
    },
    {
      name: "responder-for-direct-services",
      comment: "It answers for the services of a direct provider.",
      severity: "error",
      from: { path: LIBRARY, pathNot: [`^src/(${ANNEXES})/`, ANSWERS_SERVICES] },
      to: { path: RESPONDER },
    },
    floor(
      "responder",
      RESPONDER,
      [DIALOGUE, ...GROUND],
      "Tables and checks of values; what they act on is handed to them.",
    ),
    {
      name: "annexes-stand-apart",
      severity: "error",
      from: { path: `^src/(${ANNEXES})/` },
      to: { path: `^src/(${ANNEXES})/`, pathNot: "^src/$1/" },
    },
    {
      name: "library-sees-the-library-only",
      severity: "error",
      from: { path: LIBRARY },
      to: { path: "^(packages|tools|bench|examples)/" },
    },
    floor(
      "local-service",
      LOCAL_SERVICE,
      ["^src/codec/", "^src/media/pcm-resampler[.]ts$", BASE],
      "It runs in Node, without a session.",
    ),
    {
      name: "testkit-for-tests-tools-and-benches",
      severity: "error",
      from: { pathNot: "^(packages/testkit|test|tools|bench)/|^vitest[.]config[.]ts$" },
      to: { path: "^packages/testkit/" },
    },
    {
      name: "nothing-imports-from-test",
      comment: "What tests share with tools and benches is in packages/testkit.",
      severity: "error",
      from: { pathNot: "^test/" },
      to: { path: "^test/" },
    },
    {
      name: "no-node-in-the-library",
      severity: "error",
      from: { path: LIBRARY },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-node-package-in-the-library",
      severity: "error",
      from: { path: LIBRARY },
      to: { path: "^node_modules/(ws|werift|opusscript)/" },
    },
    onDemand("inspector-on-demand", LIBRARY, "^node_modules/@statelyai/", "Optional and heavy: `await import()` it."),
    onDemand(
      "webrtc-on-demand",
      LOCAL_SERVICE,
      "^node_modules/(werift|opusscript)/",
      "Optional: `await import()` it, for WebRTC calls only.",
    ),
    {
      name: "no-development-package",
      severity: "error",
      from: { path: "^(src|machines|packages/local-service/src)/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["npm", "npm-peer", "type-only"],
      },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "everything-resolves",
      severity: "error",
      from: { path: "^(src|machines|packages)/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist(-types)?/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      extensions: [".ts", ".js"],
    },
  },
};
