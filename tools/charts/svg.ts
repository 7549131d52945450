import type { ChartLayout, LaidOutArrow, LaidOutState } from "../../src/inspect/live/chart-layout.js";

const INK = "#1f2430";
const FAINT = "#5b6472";
const PAPER = "#ffffff";
const BOXES = ["#f4f6fb", "#e9edf7", "#dfe5f3"] as const;
const FONT = "Helvetica, Arial, sans-serif";
const MARGIN = 12;
const HEADING = 24;

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function stateMarkup({ key, kind, depth, initial, notes, box: [x, y, width, height] }: LaidOutState): string {
  const isBox = kind === "compound" || kind === "parallel";
  const fill = isBox ? (BOXES[Math.min(depth, BOXES.length - 1)] ?? PAPER) : PAPER;
  const border = kind === "parallel" ? ' stroke-dasharray="5 4"' : "";
  const middle = x + width / 2;
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="7" fill="${fill}" stroke="${INK}"${border}/>`,
    ...(kind === "final"
      ? [
          `<rect x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="5" fill="none" stroke="${INK}"/>`,
        ]
      : []),
    ...(initial ? [`<circle cx="${x}" cy="${y}" r="4.5" fill="${INK}" stroke="${PAPER}"/>`] : []),
    `<text x="${middle}" y="${y + 19}" text-anchor="middle" font-size="13" font-weight="600" fill="${INK}">${escapeXml(key)}</text>`,
    ...notes.map(
      (note, index) =>
        `<text x="${middle}" y="${y + 33 + index * 13}" text-anchor="middle" font-size="10" fill="${FAINT}">${escapeXml(note)}</text>`,
    ),
  ].join("\n");
}

/** The line of an arrow, with its corners rounded off. */
function lineMarkup({ points }: LaidOutArrow): string {
  const path = points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join("");
  return `<path d="${path}" fill="none" stroke="${FAINT}" stroke-linejoin="round" marker-end="url(#head)"/>`;
}

function labelMarkup({ lines, label: [x, y] }: LaidOutArrow): string {
  const paint = `paint-order="stroke" stroke="${PAPER}" stroke-width="3" stroke-linejoin="round"`;
  return lines
    .map(
      (line, index) =>
        `<text x="${x + 3}" y="${y + 10 + index * 13}" font-size="10" fill="${INK}" ${paint}>${escapeXml(line)}</text>`,
    )
    .join("\n");
}

/** Draws a chart as SVG. States that are active at once have dashed borders around them; a dot marks where a state begins. */
export function toSvg({ id, title, width, height, states, arrows }: ChartLayout): string {
  const [all, tall] = [width + 2 * MARGIN, height + HEADING + 2 * MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="rtvi-chart" role="img" aria-label="${escapeXml(title)}" width="${all}" height="${tall}" viewBox="0 0 ${all} ${tall}" font-family="${FONT}">`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="${FAINT}"/></marker></defs>`,
    `<rect width="${all}" height="${tall}" fill="${PAPER}"/>`,
    `<text x="${MARGIN}" y="${MARGIN + 14}" font-size="14" font-weight="600" fill="${INK}">${escapeXml(title)}</text>`,
    `<g id="${id}-chart" transform="translate(${MARGIN} ${MARGIN + HEADING})">`,
    ...states.map(stateMarkup),
    ...arrows.map(lineMarkup),
    ...arrows.map(labelMarkup),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}
