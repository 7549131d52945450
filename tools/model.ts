import { spawnSync } from "node:child_process";

const MODELS = ["edges", "system", "providers", "orderings", "turns", "connect-attempts"];

/**
 * `npm run model`: the models of the assembled system, as often as with every run of the tests. Says how many edges of each chart were
 * walked. `npm run model -- 10000 [seed]`: that many runs, which takes long. `npm run model -- --mutants`: breaks everything in the
 * charts that can be broken, one thing at a time, and says by which rule the models find it.
 */
const [runs, seed] = process.argv.slice(2);
const isHunt = runs === "--mutants";
const files = (isHunt ? ["mutants"] : MODELS).map((name) => `test/properties/${name}.test.ts`);
const { status } = spawnSync("npx", ["vitest", "run", "--project", "long", ...files], {
  stdio: "inherit",
  env: {
    ...process.env,
    ...(isHunt
      ? { RTVI_MACHINE_MUTANTS: "all" }
      : {
          ...(runs !== undefined && { RTVI_MACHINE_RUNS: runs, RTVI_MACHINE_ATTEMPTS: "all" }),
          ...(seed !== undefined && { RTVI_MACHINE_SEED: seed }),
        }),
  },
});
process.exitCode = status ?? 1;
