// The chart island: draws every [data-chart] from the JSON beside it. The table twin is the server's own HTML;
// the button (or key t) turns from one to the other, so no figure is only a picture.
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, MarkPointComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, type EChartsType, init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import type { Chart } from "./charts/contract";
import { word } from "./charts/format";
import { CELL, cellWidth, heat } from "./charts/heat";
import { type Paint, readPaint } from "./charts/paint";
import { bars, line } from "./charts/series";
import { lies, waterfall } from "./charts/waterfall";
import { all, typing, whenPresent } from "./dom";

use([
  BarChart, HeatmapChart, LineChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent, MarkPointComponent,
  TooltipComponent, LabelLayout, SVGRenderer,
]);

interface Mounted {
  place: HTMLElement;
  chart: Chart;
  drawn: EChartsType;
  watch: ResizeObserver;
  canvas: HTMLElement;
}
const mounted = new Map<HTMLElement, Mounted>();

function options(chart: Chart, paint: Paint, width: number): EChartsCoreOption {
  switch (chart.kind) {
    case "waterfall":
      return waterfall(chart, paint, width);
    case "line":
      return line(chart, paint);
    case "bars":
      return bars(chart, paint);
    case "heat":
    case "cohort":
      return heat(chart, paint, width);
  }
}

/** Cells of a heat map and lying bars need a height of their own: the place grows, and what is too wide scrolls in it. */
function makeRoom(chart: Chart, place: HTMLElement, canvas: HTMLElement): void {
  if (chart.kind === "heat" || chart.kind === "cohort") {
    place.style.height = `${chart.rows.length * CELL.high + CELL.head + 12}px`;
    place.classList.add("chart-scrolls");
    place.tabIndex = 0;
    canvas.style.minWidth = `${chart.cols.length * cellWidth(chart) + CELL.names}px`;
  } else if (chart.kind === "waterfall") {
    const lying = lies(chart, place.clientWidth);
    place.classList.toggle("chart-lies", lying);
    place.style.height = lying ? `${chart.bars.length * 34 + 48}px` : "";
  }
}

function draw({ place, chart, drawn, canvas }: Mounted): void {
  makeRoom(chart, place, canvas);
  drawn.resize();
  drawn.setOption({ ...options(chart, readPaint(), canvas.clientWidth), aria: { enabled: true, label: { enabled: false }, decal: { show: false } } }, { notMerge: true });
}

function open(href: string, drawer: boolean): void {
  if (drawer) document.dispatchEvent(new CustomEvent("banso:drawer", { detail: href }));
  else location.assign(href);
}

function mount(place: HTMLElement): void {
  if (mounted.has(place)) return;
  const source = place.querySelector('script[type="application/json"]');
  if (!source?.textContent) return;
  const chart = JSON.parse(source.textContent) as Chart;
  const canvas = document.createElement("div");
  canvas.className = "h-full w-full";
  canvas.setAttribute("aria-hidden", "true");
  place.append(canvas);
  place.setAttribute("role", "img");
  if (!place.hasAttribute("aria-label")) place.setAttribute("aria-label", chart.description ?? word("chart"));
  const drawn = init(canvas, null, { renderer: "svg" });
  drawn.on("click", (event) => {
    const href = (event.data as { href?: string } | undefined)?.href;
    if (href) open(href, place.dataset.chartOpen !== "page");
  });
  const watch = new ResizeObserver(() => {
    if (!place.isConnected) unmount(place);
    else if (canvas.clientWidth > 0 && canvas.clientWidth !== drawn.getWidth()) draw(known);
  });
  const known: Mounted = { place, chart, drawn, watch, canvas };
  draw(known);
  watch.observe(place);
  mounted.set(place, known);
}

function unmount(place: HTMLElement): void {
  const known = mounted.get(place);
  known?.watch.disconnect();
  known?.drawn.dispose();
  mounted.delete(place);
}

function repaint(): void {
  for (const known of mounted.values()) {
    if (known.place.isConnected) draw(known);
    else unmount(known.place);
  }
}

function showTwin(figure: HTMLElement, asTable: boolean): void {
  const [place, twin] = [figure.querySelector<HTMLElement>("[data-chart]"), figure.querySelector<HTMLElement>("[data-chart-table]")];
  if (!place || !twin) return;
  place.hidden = asTable;
  twin.hidden = !asTable;
  for (const button of all("[data-chart-toggle]", figure)) button.setAttribute("aria-pressed", String(asTable));
}

function turn(figures: HTMLElement[]): void {
  const asTable = figures.some((figure) => !figure.querySelector<HTMLElement>("[data-chart]")?.hidden);
  for (const figure of figures) showTwin(figure, asTable);
}

whenPresent<HTMLElement>("[data-chart]", mount);

document.addEventListener("click", (event) => {
  const figure = (event.target as Element).closest("[data-chart-toggle]")?.closest<HTMLElement>("[data-chart-box]");
  if (figure) turn([figure]);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "t" || event.isComposing || typing(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const near = (event.target as Element).closest?.<HTMLElement>("[data-chart-box]");
  turn(near ? [near] : all<HTMLElement>("[data-chart-box]"));
});
new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
matchMedia("print").addEventListener("change", repaint);
