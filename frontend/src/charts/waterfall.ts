import type { EChartsCoreOption } from "echarts/core";
import type { Bar, Waterfall } from "./contract";
import { say, word } from "./format";
import type { Paint } from "./paint";
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

export function waterfall(chart: Waterfall, paint: Paint): EChartsCoreOption {
  const placed = place(chart.bars);
  const colour = (bar: Bar): string => (bar.kind === "total" ? paint.series[0]! : (bar.value ?? 0) < 0 ? paint.series[1]! : paint.series[2]!);
  const written = (bar: Bar): string => (bar.value === null ? (bar.state ?? word("unknown")) : say(bar.value, chart.unit, bar.kind === "delta"));
  return {
    ...frame(paint),
    xAxis: { ...categories(paint, chart.bars.map((bar) => bar.label)), axisLabel: { color: paint.ink, interval: 0, fontSize: 12, width: 84, overflow: "break" } },
    yAxis: amounts(paint, chart.unit, true),
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
      ...waterfallParts(placed, colour, written, paint),
    ],
  };
}

/** Bars above and below 0 are two stacked series, so that a bar which crosses 0 is drawn whole. */
function waterfallParts(placed: Placed[], colour: (bar: Bar) => string, written: (bar: Bar) => string, paint: Paint): unknown[] {
  const part = (above: boolean): unknown => ({
    type: "bar",
    stack: "w",
    barMaxWidth: 64,
    labelLayout: { moveOverlap: "shiftY" },
    cursor: "pointer",
    data: placed.map(({ bar, from, to }) => {
      const clip = (edge: number): number => (above ? Math.max(edge, 0) : Math.min(edge, 0));
      const size = Math.abs(clip(to) - clip(from));
      const labelled = above ? Math.max(from, to) > 0 || (from === 0 && to === 0) || Math.min(from, to) === 0 : Math.max(from, to) <= 0 && Math.min(from, to) < 0;
      return {
        value: above ? size : -size,
        href: bar.href,
        itemStyle: { color: colour(bar), decal: bar.kind === "delta" && (bar.value ?? 0) < 0 ? hatch(paint) : undefined, borderRadius: 2 },
        label: { show: labelled, position: above ? "top" : "bottom", color: bar.value === null ? paint.soft : paint.ink, fontSize: 12, formatter: () => written(bar) },
      };
    }),
  });
  return [part(true), part(false)];
}
