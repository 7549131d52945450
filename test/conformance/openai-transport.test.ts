import { describe, it } from "vitest";
import { openaiHarness } from "../../packages/testkit/src/conformance/our-harnesses.js";
import { transportConformance } from "../../src/testing/index.js";

transportConformance(openaiHarness, { describe, it });
