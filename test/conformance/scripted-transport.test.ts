import { describe, it } from "vitest";
import { scriptedHarness, transportConformance } from "../../src/testing/index.js";
import { silent } from "../support/world.js";

transportConformance(() => scriptedHarness({ logger: silent }), { describe, it });
