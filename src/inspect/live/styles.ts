/** In a sheet of its own within a shadow root: no rule of the page reaches in, none of these out. */
export const STYLES = `
:host { display: block; color-scheme: light dark; container-type: inline-size; }
:host([data-theme="light"]) { color-scheme: light; }
:host([data-theme="dark"]) { color-scheme: dark; }
.inspector {
  --page: light-dark(#ffffff, #14181f); --sunken: light-dark(#f4f6fa, #0e1116); --ink: light-dark(#1a1f2b, #e6e9f0);
  --faint: light-dark(#555d6d, #a2abbb); --line: light-dark(#c9cfdb, #38414f); --accent: light-dark(#2f4fd8, #8ea4ff);
  --on-accent: light-dark(#ffffff, #0b0e14); --user: light-dark(#0a6b5f, #45d3bb); --bot: light-dark(#6a38bd, #bd9bff);
  --lit: light-dark(#ffe08a, #6b5200); --lit-line: light-dark(#8a5a00, #ffcf5c); --bad: light-dark(#a81f2d, #ff9aa2);
  --box-1: light-dark(#f4f6fb, #1a202a); --box-2: light-dark(#e9edf7, #202835); --box-3: light-dark(#dfe5f3, #273140);
  display: grid; gap: 10px; padding: 12px; border: 1px solid var(--line); border-radius: 10px; background: var(--page);
  color: var(--ink); font: 13px/1.4 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
}
.inspector * { box-sizing: border-box; }
.inspector [hidden] { display: none; }
h2, h3, h4, p, dl, dd, ol, pre, figure { margin: 0; padding: 0; }
h2 { font-size: 15px; } h3 { font-size: 13px; } h4 { font-size: 12px; color: var(--faint); font-weight: 600; }
button, select, input[type="search"] {
  border: 1px solid var(--line); border-radius: 6px; padding: 4px 9px; min-height: 28px; background: var(--page); color: inherit;
  font: inherit;
}
select { min-width: 0; max-width: 15em; }
button { cursor: pointer; }
button:hover { border-color: var(--ink); }
button:disabled { cursor: default; opacity: 0.55; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.row, .bar-row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; justify-content: space-between; }
.group { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; }
.mode { font-variant-numeric: tabular-nums; color: var(--faint); }
.mode.past { color: var(--bad); font-weight: 600; }
.scrubber { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 8px; align-items: center; }
input[type="range"] { width: 100%; accent-color: var(--accent); }
input[type="search"] { min-width: 0; flex: 1 1 150px; }
[role="tablist"] { display: flex; flex-wrap: wrap; gap: 4px; }
[role="tab"][aria-selected="true"] { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.body { display: grid; gap: 10px; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); grid-template-rows: auto auto; }
.charts-panel { grid-row: 1 / 3; display: grid; gap: 8px; align-content: start; min-width: 0; }
.charts { overflow: auto; max-height: 640px; border: 1px solid var(--line); border-radius: 8px; background: var(--sunken); padding: 8px; }
.charts.overview { display: grid; gap: 10px; grid-template-columns: repeat(2, minmax(0, 1fr)); max-height: 640px; }
.charts.overview [data-chart="transport"] { grid-column: 1 / 3; }
.chart-figure { display: grid; gap: 4px; min-width: 0; }
figcaption { font-size: 12px; overflow-wrap: anywhere; }
figcaption .where { color: var(--faint); font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 11px; }
.chart { display: block; }
.chart.fits { width: 100%; height: auto; }
.chart.part.fits { max-height: min(520px, 50dvh); }
.chart text { fill: var(--ink); font: 10px system-ui, "DejaVu Sans", sans-serif; }
.chart .key { font-size: 13px; font-weight: 600; text-anchor: middle; }
.chart .note { fill: var(--faint); text-anchor: middle; }
.chart .arrow text { paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
.chart .state rect { fill: var(--page); stroke: var(--faint); }
.chart .state circle { fill: var(--ink); stroke: var(--page); }
.chart .compound > rect, .chart .parallel > rect { fill: var(--box-3); }
.chart .depth-0 > rect { fill: var(--box-1); } .chart .depth-1 > rect { fill: var(--box-2); }
.chart .state.atomic > rect, .chart .state.final > rect { fill: var(--page); }
.chart .parallel > rect { stroke-dasharray: 5 4; }
.chart .state.active > rect { stroke: var(--lit-line); stroke-width: 2.5; }
.chart .state.atomic.active > rect, .chart .state.final.active > rect { fill: var(--lit); }
.chart .arrow path { fill: none; stroke: var(--faint); stroke-linejoin: round; }
.chart .head { fill: var(--faint); }
.chart .arrow.taken path { stroke: var(--accent); stroke-width: 2.5; }
.chart .arrow.taken text { fill: var(--accent); font-weight: 700; }
.overview .chart .arrow text, .overview .chart .note { display: none; }
.overview .chart .key { font-size: 20px; }
.events-panel, .details-panel, .speech-panel { display: grid; gap: 6px; align-content: start; min-width: 0; }
.aside { color: var(--faint); font-weight: 400; }
.events { position: relative; overflow: auto; height: 300px; border: 1px solid var(--line); border-radius: 8px; background: var(--sunken); }
.event { display: grid; grid-template-columns: 6.2em minmax(0, 6em) minmax(0, 1fr) minmax(0, 7.5em); gap: 8px; padding: 2px 8px;
  font: 11.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; cursor: pointer; }
.event > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.event .time, .event .why { color: var(--faint); }
.event .time { text-align: right; }
.event.ignored .what { text-decoration: line-through; color: var(--faint); }
.event.message .what, .event.statistics .what { font-style: italic; }
.event[aria-selected="true"], .event[aria-selected="true"] > span { background: var(--accent); color: var(--on-accent); }
.facts { display: grid; gap: 2px; }
.facts > div { display: grid; grid-template-columns: 5em minmax(0, 1fr); gap: 8px; }
.facts dt { color: var(--faint); }
.facts dd { white-space: pre-line; overflow-wrap: anywhere; }
pre { overflow: auto; max-height: 130px; padding: 6px 8px; border: 1px solid var(--line); border-radius: 8px; background: var(--sunken);
  font: 11.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
.tracks { display: grid; grid-template-columns: 3em minmax(0, 1fr); gap: 4px 8px; align-items: center; font-size: 12px; }
.track { position: relative; height: 22px; border-radius: 5px; background: var(--sunken); overflow: hidden; }
.track .bar { position: absolute; top: 3px; bottom: 3px; min-width: 2px; border-radius: 3px; cursor: pointer; }
.track.user .bar { background: var(--user); } .track.bot .bar { background: var(--bot); }
.track .interrupted { border-right: 4px solid var(--bad); }
.track .latency { position: absolute; right: 100%; margin-right: 3px; font-size: 10px; line-height: 16px; color: var(--ink); white-space: nowrap; }
.track .cursor { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--ink); }
.turns { overflow: auto; max-height: 110px; padding-left: 0; list-style: none; font-size: 12px; font-variant-numeric: tabular-nums; }
.turns .user { color: var(--user); } .turns .bot { color: var(--bot); }
.problem { color: var(--bad); font-weight: 600; }
.only-read { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.dropping { outline: 3px dashed var(--accent); outline-offset: -6px; }
@container (max-width: 760px) {
  .body { grid-template-columns: minmax(0, 1fr); }
  .charts-panel { grid-row: auto; }
  .charts.overview { grid-template-columns: minmax(0, 1fr); max-height: 420px; }
  .charts.overview [data-chart="transport"] { grid-column: auto; }
  .event { grid-template-columns: 5.6em minmax(0, 1fr) minmax(0, 1.2fr); }
  .event .why { display: none; }
  .event.ignored .what::after { content: " (ignored)"; }
}
@media (forced-colors: active) {
  .chart .state.active > rect { stroke: Highlight; }
  .event[aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px; }
}
`;
