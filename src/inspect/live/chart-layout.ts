/** One state of a chart, where it is drawn. All lengths in px of the drawing. */
export interface LaidOutState {
  /** `transport.lifecycle.session` */
  readonly id: string;
  readonly key: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final";
  /** How many states it lies in. */
  readonly depth: number;
  /** Whether its parent begins with it. */
  readonly initial: boolean;
  /** Its tags, and what it runs. */
  readonly notes: readonly string[];
  readonly description: string;
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** One line between two states, for all transitions between them. */
export interface LaidOutArrow {
  /** Which transitions: the state that has one, the descriptor of its event, its place among those of that event. */
  readonly ids: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** A line of text for each transition. */
  readonly lines: readonly string[];
  readonly label: readonly [x: number, y: number, width: number];
}

/** A chart as it is drawn. Made when the library is built; see `npm run charts`. */
export interface ChartLayout {
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Parents first. */
  readonly states: readonly LaidOutState[];
  readonly arrows: readonly LaidOutArrow[];
}
