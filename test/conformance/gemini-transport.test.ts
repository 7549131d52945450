import { describe, it } from "vitest";
import { geminiHarness } from "../../packages/testkit/src/conformance/our-harnesses.js";
import { transportConformance } from "../../src/testing/index.js";

transportConformance(geminiHarness, { describe, it });
