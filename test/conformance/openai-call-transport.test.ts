// @vitest-environment node
import { describe, it } from "vitest";
import { openaiCallHarness } from "../../packages/testkit/src/conformance/our-harnesses.js";
import { transportConformance } from "../../src/testing/index.js";

transportConformance(openaiCallHarness, { describe, it });
