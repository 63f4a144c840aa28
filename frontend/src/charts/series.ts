import type { EChartsCoreOption } from "echarts/core";
import type { Bars, Line, Series } from "./contract";
import { say, word } from "./format";
import type { Paint } from "./paint";
import { amounts, categories, frame, hatch, targetLines } from "./shared";
import { tip, type TipRow } from "./tip";

function colourOf(series: Series, place: number, paint: Paint): string {
  return series.colour ? paint.bands[series.colour] : paint.series[place % paint.series.length]!;
}

function axisTip(chart: Line | Bars) {
  return (points: { dataIndex: number }[]): HTMLElement => {
    const at = points[0]!.dataIndex;
    const notes: (string | null | undefined)[] = [];
    const rows: TipRow[] = chart.series.map((series) => {
      const value = series.values[at];
      const [low, high] = [series.low?.[at], series.high?.[at]];
      notes.push(series.notes?.[at], series.small?.[at] ? word("small") : null);
      if (value === null || value === undefined) return { name: series.name, value: series.states?.[at] ?? word("unknown") };
      const range = low != null && high != null ? ` (${word("range")} ${say(low, chart.unit)}–${say(high, chart.unit)})` : "";
      return { name: series.name, value: say(value, chart.unit) + range };
    });
    if (chart.kind === "line") for (const mark of chart.annotations ?? []) if (mark.x === chart.x[at]) notes.push(mark.label);
    return tip(chart.x[at]!, rows, [...new Set(notes)]);
  };
}

/** The interval as a band behind its line: an invisible floor and a filled rest. */
function band(series: Series, colour: string, place: number): unknown[] {
  if (!series.low || !series.high) return [];
  const common = { type: "line", stack: `band-${place}`, symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, stackStrategy: "all" };
  return [
    { ...common, data: series.low },
    { ...common, areaStyle: { color: colour, opacity: 0.16 }, data: series.high.map((high, at) => (high == null || series.low![at] == null ? null : high - series.low![at]!)) },
  ];
}

export function line(chart: Line, paint: Paint): EChartsCoreOption {
  const drawn = chart.series.flatMap((series, place) => {
    const colour = series.style === "target" ? paint.soft : colourOf(series, place, paint);
    const marks = place === 0 ? chart.annotations ?? [] : [];
    // A line that ends before the axis does (a forecast follows) is named above its last point, not where the next one begins.
    const end = series.values.reduce<number>((last, value, at) => (value == null ? last : at), -1);
    const early = end >= 0 && end < chart.x.length - 1;
    return [
      ...band(series, colour, place),
      {
        type: "line",
        name: series.name,
        connectNulls: false,
        symbol: "circle",
        symbolSize: 6,
        showSymbol: chart.x.length <= 40,
        cursor: "pointer",
        lineStyle: { color: colour, width: 2, type: series.style === "dashed" ? [6, 4] : series.style === "target" ? [2, 3] : "solid" },
        itemStyle: { color: colour },
        endLabel: { show: chart.series.length > 1 && !early, formatter: series.name, color: colour, fontSize: 12, distance: 6 },
        labelLayout: { moveOverlap: "shiftY" },
        markLine: place === 0 ? targetLines(paint, chart.targets ?? []) : undefined,
        markPoint: marks.length
          ? {
              symbol: "triangle",
              symbolSize: 9,
              symbolRotate: 180,
              itemStyle: { color: paint.soft },
              label: { position: "top", color: paint.soft, fontSize: 11, formatter: "{b}" },
              data: marks.map((mark) => ({ name: mark.label, coord: [mark.x, markHeight(series, chart.x.indexOf(mark.x))] })),
            }
          : undefined,
        data: series.values.map((value, at) => ({
          value: value ?? "-",
          href: chart.hrefs?.[at] ?? undefined,
          ...(series.small?.[at] ? { itemStyle: { color: paint.paper, borderColor: colour, borderWidth: 2 }, symbolSize: 8 } : {}),
          ...(early && at === end && chart.series.length > 1
            ? { label: { show: true, formatter: series.name, position: "top", align: "right", offset: [6, -2], color: colour, fontSize: 12 } }
            : {}),
        })),
      },
    ];
  });
  // A single line is named by the picture's title; only where there are several does each carry its name at its end.
  const longest = chart.series.length > 1 ? Math.max(...chart.series.map((series) => width(series.name)), 0) : 0;
  return {
    ...frame(paint),
    grid: { left: 8, right: 20 + Math.min(longest * 7, 160), top: 28, bottom: 8, containLabel: true },
    xAxis: { ...categories(paint, chart.x), boundaryGap: false },
    yAxis: { ...amounts(paint, chart.unit, chart.zero ?? false), ...(chart.most ? { max: chart.most, interval: chart.most / 4 } : {}) },
    tooltip: { ...(frame(paint).tooltip as object), trigger: "axis", axisPointer: { lineStyle: { color: paint.rule } }, formatter: axisTip(chart) },
    series: drawn,
  };
}

function markHeight(series: Series, at: number): number {
  return series.values[at] ?? Math.max(...series.values.filter((value): value is number => value !== null), 0);
}

/** Width in half-width letters: a Japanese letter counts two. */
function width(text: string): number {
  return Array.from(text).reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0xff ? 2 : 1), 0);
}

export function bars(chart: Bars, paint: Paint): EChartsCoreOption {
  const across = chart.horizontal ?? false;
  const labels = { ...categories(paint, chart.x), inverse: across };
  const values = amounts(paint, chart.unit, true);
  const few = chart.x.length * chart.series.length <= 16;
  return {
    ...frame(paint),
    grid: { left: 8, right: across ? 72 : 16, top: chart.series.length > 1 ? 40 : 24, bottom: 8, containLabel: true },
    legend: chart.series.length > 1 ? { top: 4, left: 4, itemWidth: 12, itemHeight: 12, textStyle: { color: paint.ink, fontSize: 12 } } : undefined,
    xAxis: across ? values : labels,
    yAxis: across ? labels : values,
    tooltip: {
      ...(frame(paint).tooltip as object),
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: paint.rule, opacity: 0.35 } },
      formatter: axisTip(chart),
    },
    series: chart.series.map((series, place) => {
      const colour = colourOf(series, place, paint);
      return {
        type: "bar",
        name: series.name,
        stack: series.stack,
        barMaxWidth: 40,
        cursor: "pointer",
        itemStyle: { color: colour, borderRadius: 2, decal: series.colour === "unknown" ? hatch(paint) : undefined },
        label: {
          show: few && !series.stack,
          position: across ? "right" : "top",
          color: paint.ink,
          fontSize: 12,
          formatter: (point: { dataIndex: number }) => {
            const value = series.values[point.dataIndex];
            return value == null ? (series.states?.[point.dataIndex] ?? word("unknown")) : say(value, chart.unit);
          },
        },
        markLine: place === 0 ? targetLines(paint, chart.targets ?? [], across) : undefined,
        data: series.values.map((value, at) => ({
          value: value ?? "-",
          href: chart.hrefs?.[at] ?? undefined,
          ...(series.small?.[at] ? { itemStyle: { color: paint.paper, borderColor: colour, borderWidth: 2 } } : {}),
        })),
      };
    }),
  };
}
