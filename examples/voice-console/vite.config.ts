import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

/**
 * Vite lets pages of every port of this machine read what it serves; this page shares nothing with them. In a frame of theirs
 * it could be made to start a session by a click that was meant for something else.
 */
const ALONE = {
  cors: false,
  headers: { "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin" },
};

/** The page on its own; `npm start` and `npm run demo` add the session endpoint. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // An app would install the package; the example runs on the sources beside it.
  resolve: {
    alias: [
      { find: /^rtvi-machine$/, replacement: source("index.ts") },
      { find: /^rtvi-machine\/thrive$/, replacement: source("compat/thrive/index.ts") },
      { find: /^rtvi-machine\/inspect$/, replacement: source("inspect/index.ts") },
      { find: /^rtvi-machine\/(\w+)$/, replacement: source("providers/$1/index.ts") },
    ],
  },
  optimizeDeps: { include: ["@pipecat-ai/client-js", "xstate"] },
  build: { target: "es2022", emptyOutDir: true },
  server: { ...ALONE, fs: { allow: ["../.."] } },
  preview: ALONE,
});
