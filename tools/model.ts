import { spawnSync } from "node:child_process";

const MODELS = ["edges", "system", "providers", "orderings", "turns", "connect-attempts"].map(
  (name) => `test/properties/${name}.test.ts`,
);

/** `npm run model -- 10000 [seed]`: the models of the assembled system, with more runs than CI has time for. Says how many edges of each chart were walked. */
const [runs = "10000", seed] = process.argv.slice(2);
const { status } = spawnSync("npx", ["vitest", "run", "--project", "unit", ...MODELS], {
  stdio: "inherit",
  env: {
    ...process.env,
    RTVI_MACHINE_RUNS: runs,
    RTVI_MACHINE_ATTEMPTS: "all",
    ...(seed !== undefined && { RTVI_MACHINE_SEED: seed }),
  },
});
process.exitCode = status ?? 1;
