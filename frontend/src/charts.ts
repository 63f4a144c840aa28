// The chart island: draws every [data-chart] from the JSON beside it. The table twin is the server's own HTML;
// the button (or key t) turns from one to the other, so no figure is only a picture.
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, MarkPointComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, type EChartsType, init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import type { Chart } from "./charts/contract";
import { word } from "./charts/format";
import { heat } from "./charts/heat";
import { type Paint, readPaint } from "./charts/paint";
import { bars, line } from "./charts/series";
import { waterfall } from "./charts/waterfall";
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
}
const mounted = new Map<HTMLElement, Mounted>();

function options(chart: Chart, paint: Paint): EChartsCoreOption {
  switch (chart.kind) {
    case "waterfall":
      return waterfall(chart, paint);
    case "line":
      return line(chart, paint);
    case "bars":
      return bars(chart, paint);
    case "heat":
    case "cohort":
      return heat(chart, paint);
  }
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
  drawn.setOption({ ...options(chart, readPaint()), aria: { enabled: true, label: { enabled: false }, decal: { show: false } } });
  drawn.on("click", (event) => {
    const href = (event.data as { href?: string } | undefined)?.href;
    if (href) open(href, place.dataset.chartOpen !== "page");
  });
  const watch = new ResizeObserver(() => {
    if (!place.isConnected) unmount(place);
    else if (canvas.clientWidth > 0) drawn.resize();
  });
  watch.observe(place);
  mounted.set(place, { place, chart, drawn, watch });
}

function unmount(place: HTMLElement): void {
  const known = mounted.get(place);
  known?.watch.disconnect();
  known?.drawn.dispose();
  mounted.delete(place);
}

function repaint(): void {
  const paint = readPaint();
  for (const { place, chart, drawn } of mounted.values()) {
    if (!place.isConnected) unmount(place);
    else {
      drawn.setOption(options(chart, paint));
      drawn.resize();
    }
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
