import type { EChartsCoreOption } from "echarts/core";
import type { Cell, Heat } from "./contract";
import { say, word } from "./format";
import { inkOn, mix, type Paint } from "./paint";
import { categories, frame, hatch } from "./shared";
import { tip } from "./tip";

/** The fill of one cell. Its own colour by value, two-sided where the scale has a middle; not known is hatched grey. */
function fill(cell: Cell, chart: Heat, paint: Paint, span: { min: number; max: number }): string {
  if (cell.value === null) return paint.rule;
  const share = (from: number, to: number, value: number): number => (to === from ? 0 : Math.min(Math.max((value - from) / (to - from), 0), 1));
  const mid = chart.scale?.mid;
  if (mid === undefined) return mix(paint.heat.low, paint.heat.high, share(span.min, span.max, cell.value));
  if (cell.value >= mid) return mix(paint.heat.low, paint.heat.high, share(mid, span.max, cell.value));
  return mix(paint.heat.low, paint.heat.bad, share(mid, span.min, cell.value));
}

/** What a cell needs so that its figure and its row's name can be read; the picture grows and scrolls rather than shrink. */
export const CELL = { high: 24, names: 128, head: 40 };

/** As wide as the longest figure in it: 6.5 px a letter of 11 px, and air. */
export function cellWidth(chart: Heat): number {
  const longest = Math.max(...chart.cells.map((cell) => written(cell, chart).length), 0);
  return Math.max(46, Math.ceil(longest * 6.5) + 12);
}

function written(cell: Cell, chart: Heat): string {
  return cell.text ?? (cell.value === null ? (cell.state ?? "?") : say(cell.value, chart.unit));
}

export function heat(chart: Heat, paint: Paint, width: number): EChartsCoreOption {
  const roomy = (width - CELL.names) / Math.max(chart.cols.length, 1) >= cellWidth(chart) - 10;
  const known = chart.cells.map((cell) => cell.value).filter((value): value is number => value !== null);
  const span = { min: chart.scale?.min ?? Math.min(...known, Infinity), max: chart.scale?.max ?? Math.max(...known, -Infinity) };
  // hollow cells last: a neighbour must not be drawn over their border
  const cells = [...chart.cells].sort((one, other) => Number(one.small ?? false) - Number(other.small ?? false));
  const title = (row: string, col: string): string => [chart.rowTitle, row, chart.colTitle, col].filter(Boolean).join(" ");
  const axis = (labels: string[], inverse: boolean): Record<string, unknown> => ({
    ...categories(paint, labels),
    inverse,
    axisLine: { show: false },
    axisLabel: { color: paint.soft, fontSize: 12, hideOverlap: !inverse, interval: inverse ? 0 : "auto" },
    splitArea: { show: false },
  });
  return {
    ...frame(paint),
    grid: { left: 8, right: 8, top: 24, bottom: 4, containLabel: true },
    xAxis: { ...axis(chart.cols, false), position: "top" },
    yAxis: axis(chart.rows, true),
    tooltip: {
      ...(frame(paint).tooltip as object),
      trigger: "item",
      formatter: (point: { dataIndex: number }) => {
        const cell = cells[point.dataIndex]!;
        const rows = [{ name: "", value: cell.value === null ? (cell.state ?? word("unknown")) : say(cell.value, chart.unit) }];
        if (cell.n !== undefined) rows.push({ name: word("cases"), value: say(cell.n, { kind: "count" }) });
        return tip(title(chart.rows[cell.row]!, chart.cols[cell.col]!), rows, [cell.small ? word("small") : null, cell.note]);
      },
    },
    series: [
      {
        type: "heatmap",
        cursor: "pointer",
        data: cells.map((cell) => {
          const colour = cell.small ? paint.paper : fill(cell, chart, paint, span);
          return {
            value: [cell.col, cell.row, cell.value ?? 0],
            href: cell.href,
            itemStyle: {
              color: colour,
              borderColor: cell.small ? fill(cell, chart, paint, span) : paint.paper,
              borderWidth: 2,
              decal: cell.value === null ? hatch(paint) : undefined,
            },
            label: { show: roomy, color: cell.value === null || cell.small ? paint.soft : inkOn(colour), fontSize: 11, formatter: () => written(cell, chart) },
          };
        }),
      },
    ],
  };
}
