import type { EChartsCoreOption } from "echarts/core";
import type { Unit } from "./contract";
import { sayShort } from "./format";
import type { Paint } from "./paint";

/** What every kind of chart has in common. Nothing moves without cause: no animation. */
export function frame(paint: Paint): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: paint.font, fontSize: 12, color: paint.ink },
    tooltip: {
      confine: true,
      backgroundColor: paint.paper,
      borderColor: paint.rule,
      borderWidth: 1,
      padding: [8, 12],
      textStyle: { color: paint.ink, fontFamily: paint.font, fontSize: 12 },
      transitionDuration: 0,
      extraCssText: "box-shadow: none;",
    },
    grid: { left: 8, right: 24, top: 28, bottom: 8, containLabel: true },
  };
}

export function categories(paint: Paint, labels: string[]): Record<string, unknown> {
  return {
    type: "category",
    data: labels,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: paint.rule } },
    axisLabel: { color: paint.soft, fontSize: 12, hideOverlap: true, margin: 12 },
  };
}

export function amounts(paint: Paint, unit: Unit, zero: boolean, split = 4): Record<string, unknown> {
  return {
    type: "value",
    scale: !zero,
    splitNumber: split,
    minInterval: unit.kind === "count" ? 1 : 0, // there is no 0.3 of a person
    axisLabel: { color: paint.soft, fontSize: 12, hideOverlap: true, formatter: (value: number) => sayShort(value, unit) },
    splitLine: { lineStyle: { color: paint.rule } },
  };
}

export function targetLines(paint: Paint, targets: { value: number; label: string }[], horizontal = false): Record<string, unknown> | undefined {
  if (!targets.length) return undefined;
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: paint.ink, type: [2, 3], width: 1 },
    label: { position: "insideEndTop", color: paint.ink, backgroundColor: paint.paper, padding: [0, 3], fontSize: 11, formatter: "{b}" },
    data: targets.map((target) => (horizontal ? { xAxis: target.value, name: target.label } : { yAxis: target.value, name: target.label })),
  };
}

/** The pattern that, beside colour, says "less" or "not known". */
export function hatch(paint: Paint): Record<string, unknown> {
  return { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: paint.paper };
}
