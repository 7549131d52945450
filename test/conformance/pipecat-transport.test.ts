import { describe, it } from "vitest";
import { pipecatHarness } from "../../packages/testkit/src/conformance/our-harnesses.js";
import { transportConformance } from "../../src/testing/index.js";

transportConformance(pipecatHarness, { describe, it });
