// The JSON a template writes into <script type="application/json"> of a [data-chart] element. See ../../README.md.
// null is "not known" everywhere: it is never drawn as 0.

export type Unit =
  | { kind: "money"; currency: string; digits?: number }
  | { kind: "percent"; digits?: number } // values are ratios: 0.0238 is 2.38 %
  | { kind: "points"; digits?: number } // values are ratios: 0.01 is 1 pt
  | { kind: "count"; label?: string; digits?: number };

interface Base {
  description?: string;
  unit: Unit;
}

export interface Bar {
  key: string;
  label: string;
  value: number | null;
  kind: "total" | "delta";
  state?: string; // the word shown where value is null
  note?: string;
  href?: string;
}

export interface Waterfall extends Base {
  kind: "waterfall";
  bars: Bar[];
}

export interface Series {
  name: string;
  values: (number | null)[];
  low?: (number | null)[];
  high?: (number | null)[];
  style?: "solid" | "dashed" | "target";
  small?: boolean[]; // true: too few cases, drawn hollow
  states?: (string | null)[]; // the word in the tooltip where the value is null
  notes?: (string | null)[];
  stack?: string;
  colour?: "good" | "watch" | "risk" | "unknown";
}

export interface Annotation {
  x: string;
  label: string;
}

export interface Line extends Base {
  kind: "line";
  x: string[];
  series: Series[];
  annotations?: Annotation[];
  targets?: { value: number; label: string }[];
  zero?: boolean; // axis starts at 0 (default false for lines)
  most?: number; // where the axis ends: a share of customers has no 120 %
  hrefs?: (string | null)[];
}

export interface Bars extends Base {
  kind: "bars";
  x: string[];
  series: Series[];
  horizontal?: boolean;
  targets?: { value: number; label: string }[];
  hrefs?: (string | null)[];
}

export interface Cell {
  row: number;
  col: number;
  value: number | null;
  text?: string; // written in the cell instead of the formatted value
  n?: number;
  small?: boolean;
  state?: string;
  note?: string;
  href?: string;
}

export interface Heat extends Base {
  kind: "heat" | "cohort";
  rows: string[];
  cols: string[];
  cells: Cell[]; // a missing (row, col) is a place that cannot exist yet: left blank
  scale?: { min?: number; max?: number; mid?: number }; // mid: two colours, below it the warning one
  rowTitle?: string;
  colTitle?: string;
}

export type Chart = Waterfall | Line | Bars | Heat;
