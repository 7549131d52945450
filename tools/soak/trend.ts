/** A line through points, by least squares. */
export interface Trend {
  /** Per unit of x. */
  readonly slope: number;
  /** Standard error of the slope; infinite with fewer than three points. */
  readonly error: number;
  /** Half the width of the 95 % confidence interval of the slope: so many standard errors as Student's t says. */
  readonly margin: number;
}

/** Two-sided 95 % quantiles of Student's t, by degrees of freedom; beyond the table that of 30, which is a little wide. */
const T95 = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09, 2.09,
  2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04,
];

export function trendOf(points: readonly (readonly [number, number])[]): Trend {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  const t = T95[Math.min(count - 3, T95.length - 1)];
  if (t === undefined) return { slope, error: Infinity, margin: Infinity };
  const error = Math.sqrt(rest / (count - 2) / spread);
  return { slope, error, margin: t * error };
}
