import type { EChartsCoreOption } from "echarts/core";
import type { Bar, Waterfall } from "./contract";
import { say, word } from "./format";
import { inkOn, type Paint } from "./paint";
import { amounts, categories, frame, hatch } from "./shared";
import { tip } from "./tip";

interface Placed {
  bar: Bar;
  from: number;
  to: number;
}

/** Where each bar stands. Totals stand on 0 with their own value; a delta starts where the one before ended. */
export function place(bars: Bar[]): Placed[] {
  let level = 0;
  return bars.map((bar) => {
    if (bar.value === null) return { bar, from: level, to: level };
    const from = bar.kind === "total" ? 0 : level;
    level = bar.kind === "total" ? bar.value : level + bar.value;
    return { bar, from, to: level };
  });
}

/** Below so many pixels a bar, the words and amounts of upright bars would run into each other: then they lie. */
const UPRIGHT = 96;

export function lies(chart: Waterfall, width: number): boolean {
  return width < chart.bars.length * UPRIGHT + 80;
}

export function waterfall(chart: Waterfall, paint: Paint, width: number): EChartsCoreOption {
  const lying = lies(chart, width);
  const placed = place(chart.bars);
  const colour = (bar: Bar): string => (bar.kind === "total" ? paint.series[0]! : (bar.value ?? 0) < 0 ? paint.series[1]! : paint.series[2]!);
  const written = (bar: Bar): string => (bar.value === null ? (bar.state ?? word("unknown")) : say(bar.value, chart.unit, bar.kind === "delta"));
  const words = { color: paint.ink, interval: 0, fontSize: 12, overflow: "break", width: lying ? 96 : Math.max((width - 90) / chart.bars.length - 6, 64) };
  const names = { ...categories(paint, chart.bars.map((bar) => bar.label)), inverse: lying, axisLabel: words };
  const values = amounts(paint, chart.unit, true, lying ? 3 : 4);
  return {
    ...frame(paint),
    ...(lying ? { grid: { left: 8, right: 12, top: 8, bottom: 8, containLabel: true } } : {}),
    xAxis: lying ? values : names,
    yAxis: lying ? names : values,
    tooltip: {
      ...(frame(paint).tooltip as object),
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: paint.rule, opacity: 0.35 } },
      formatter: (points: { dataIndex: number }[]) => {
        const bar = placed[points[0]!.dataIndex]!.bar;
        return tip(bar.label, [{ name: "", value: written(bar) }], [bar.note]);
      },
    },
    series: [
      {
        type: "bar",
        stack: "w",
        silent: true,
        itemStyle: { color: "transparent" },
        data: placed.map(({ from, to }) => (from < 0 !== to < 0 && from !== 0 && to !== 0 ? 0 : from < 0 || to < 0 ? Math.max(from, to) : Math.min(from, to))),
      },
      ...waterfallParts(placed, colour, written, paint, lying),
    ],
  };
}

/** Bars above and below 0 are two stacked series, so that a bar which crosses 0 is drawn whole. */
function waterfallParts(placed: Placed[], colour: (bar: Bar) => string, written: (bar: Bar) => string, paint: Paint, lying: boolean): unknown[] {
  const reach = Math.max(...placed.map(({ from, to }) => Math.max(from, to)), 0);
  const part = (above: boolean): unknown => ({
    type: "bar",
    stack: "w",
    barMaxWidth: 64,
    labelLayout: lying ? undefined : { moveOverlap: "shiftY" },
    cursor: "pointer",
    data: placed.map(({ bar, from, to }) => {
      const clip = (edge: number): number => (above ? Math.max(edge, 0) : Math.min(edge, 0));
      const size = Math.abs(clip(to) - clip(from));
      const labelled = above ? Math.max(from, to) > 0 || (from === 0 && to === 0) || Math.min(from, to) === 0 : Math.max(from, to) <= 0 && Math.min(from, to) < 0;
      return {
        value: above ? size : -size,
        href: bar.href,
        itemStyle: { color: colour(bar), decal: bar.kind === "delta" && (bar.value ?? 0) < 0 ? hatch(paint) : undefined, borderRadius: 2 },
        label: { show: labelled, ...labelPlace(bar, above, lying, Math.max(from, to), size, reach, colour(bar), paint), fontSize: 12, formatter: () => written(bar) },
      };
    }),
  });
  return [part(true), part(false)];
}

/**
 * Where a bar's amount stands and in which ink. Beside a lying bar there is room on the right only while the bar is short;
 * a long total carries it inside its end, a thin delta far out has it on its left.
 */
function labelPlace(bar: Bar, above: boolean, lying: boolean, end: number, size: number, reach: number, fill: string, paint: Paint): { position: string; color: string } {
  const ink = bar.value === null ? paint.soft : paint.ink;
  if (!lying) return { position: above ? "top" : "bottom", color: ink };
  if (!above) return { position: "left", color: ink };
  if (end < reach * 0.6) return { position: "right", color: ink };
  return size > reach * 0.45 ? { position: "insideRight", color: inkOn(fill) } : { position: "left", color: ink };
}
