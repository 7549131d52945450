import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type BuildOptions, type Plugin } from "esbuild";
import type { Report, Row } from "./report.js";

export const PEER = "@pipecat-ai/gemini-live-websocket-transport";
const PIPECAT = "@pipecat-ai/websocket-transport";
const OPENAI = "@pipecat-ai/openai-realtime-webrtc-transport";
const CLIENT = "@pipecat-ai/client-js";
const DAILY = "@daily-co/daily-js";
const ROOT = fileURLToPath(new URL("..", import.meta.url));

async function bundle(options: BuildOptions): Promise<Uint8Array> {
  const { outputFiles } = await build({
    bundle: true,
    platform: "browser",
    target: "es2022",
    absWorkingDir: ROOT,
    logLevel: "silent",
    ...options,
    write: false,
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/** Bytes of everything that `code` re-exports. */
async function sizesOf(code: string, external: readonly string[] = []): Promise<{ min: number; gzip: number }> {
  const contents = await bundle({
    stdin: { contents: code, resolveDir: ROOT },
    format: "esm",
    minify: true,
    external: [CLIENT, ...external],
  });
  return { min: contents.length, gzip: gzipSync(contents, { level: 9 }).length };
}

/** Section 1: what a page downloads, client-js aside. Each entry beside the package that it replaces, where that is here. */
export async function measureSizes(report: Report): Promise<void> {
  const core = `export * from "./src/index.ts"`;
  const of = (transport: string, folder: string): string =>
    `export { ${transport} } from "./src/providers/${folder}/index.ts"`;
  const entries = [
    { name: `"."`, code: core, external: [], peer: PEER },
    { name: `"." without xstate`, code: core, external: ["xstate"], peer: PEER },
    { name: `"./gemini"`, code: of("GeminiLiveWebsocketTransport", "gemini"), external: [], peer: PEER },
    { name: `"./openai", WebRTC`, code: of("OpenAIRealTimeWebRTCTransport", "openai"), external: [], peer: OPENAI },
    { name: `"./pipecat"`, code: of("WebSocketTransport", "pipecat"), external: [], peer: PIPECAT },
  ];
  const rows: Row[] = [];
  for (const { name, code, external, peer } of entries) {
    try {
      const ours = await sizesOf(code, external);
      const whole = await sizesOf(`export * from "${peer}"`);
      const bare = await sizesOf(`export * from "${peer}"`, [DAILY]);
      const row = (what: string, our: number, theirs: number): Row => {
        return { name: `${name}, ${what}`, unit: "bytes", ours: [our], peer: [theirs], exact: true };
      };
      rows.push(
        row("min", ours.min, whole.min),
        row("gzip", ours.gzip, whole.gzip),
        row("gzip; peer without daily-js", ours.gzip, bare.gzip),
      );
    } catch (error) {
      report.failed(`size of ${name}`, error);
    }
  }
  report.section("Size: esbuild --minify, gzip -9, client-js external", rows, [
    "xstate is in ours unless the row says otherwise; daily-js is in the peer's, whose default media manager needs it.",
    `"./openai" is beside ${OPENAI}, "./pipecat" beside ${PIPECAT}, everything else beside ${PEER}.`,
  ]);
}

/** Names that the package keeps to itself, as its bundler writes them. */
const PRIVATE_NAMES = {
  WavMediaManager: /([$\w]+) = \/\*\* @class \*\/ function\(_super\) \{\s+[$\w]+\(WavMediaManager, _super\)/,
  arrayBufferToBase64: /function ([$\w]+\$arrayBufferToBase64)\(/,
  base64ToArrayBuffer: /function ([$\w]+\$base64ToArrayBuffer)\(/,
};

/** Runs the peer's code as published, with one line after it that hands out what it does not export. */
const peerPlugin: Plugin = {
  name: "peer",
  setup(peer) {
    peer.onLoad({ filter: /gemini-live-websocket-transport[\\/]dist[\\/]index\.module\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const entries = Object.entries(PRIVATE_NAMES).map(([name, pattern]) => {
        const found = pattern.exec(source)?.[1];
        if (found === undefined) throw new Error(`${PEER} has no ${name} where this bench looks for it.`);
        return `${name}: ${found}`;
      });
      const floats = "floatTo16BitPCM: globalThis.WavPacker.floatTo16BitPCM";
      return { contents: `${source}\nglobalThis.benchPeer = { ${[...entries, floats].join(", ")} };\n`, loader: "js" };
    });
    // The manager that is measured does not use it, and the one that does needs Daily's servers.
    peer.onResolve({ filter: /^@daily-co\/daily-js$/ }, () => ({ path: DAILY, namespace: "absent" }));
    peer.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "export default {};", loader: "js" }));
  },
};

/** The script of the measured page. */
export async function bundlePage(): Promise<string> {
  const contents = await bundle({ entryPoints: ["bench/page.ts"], format: "iife", plugins: [peerPlugin] });
  return new TextDecoder().decode(contents);
}
