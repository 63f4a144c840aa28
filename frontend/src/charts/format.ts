// Numbers as the reader wants them: language from <html lang>, 万円 from data-money="man", ▲ from data-negative="triangle".
import type { Unit } from "./contract";

const root = document.documentElement;
export const japanese = (): boolean => root.lang.startsWith("ja");

const WORDS = {
  unknown: ["算出不可", "cannot be computed"],
  small: ["参考(件数不足)", "for reference (too few)"],
  range: ["区間", "interval"],
  cases: ["件数", "cases"],
  chart: ["グラフ", "Chart"],
} as const;

export function word(key: keyof typeof WORDS): string {
  return WORDS[key][japanese() ? 0 : 1];
}

function plain(value: number, digits: number): string {
  return new Intl.NumberFormat(japanese() ? "ja-JP" : "en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

function currencyDigits(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

function money(size: number, currency: string, digits: number | undefined): string {
  if (japanese() && currency === "JPY") {
    if (root.dataset.money === "man") return `${plain(size / 10_000, digits ?? 1)}万円`;
    return `¥${plain(size, digits ?? 0)}`;
  }
  return new Intl.NumberFormat(japanese() ? "ja-JP" : "en-GB", {
    style: "currency",
    currency,
    currencyDisplay: currency === "JPY" ? "narrowSymbol" : "code", // ¥ to every reader, as on the page
    minimumFractionDigits: digits ?? currencyDigits(currency),
    maximumFractionDigits: digits ?? currencyDigits(currency),
  }).format(size);
}

/** One value in words. `signed` writes + in front of a gain. Percent and points take ratios. */
export function say(value: number, unit: Unit, signed = false): string {
  const size = Math.abs(value);
  const sign = value < 0 ? (root.dataset.negative === "triangle" ? "▲" : "−") : signed && value > 0 ? "+" : "";
  switch (unit.kind) {
    case "money":
      return sign + money(size, unit.currency, unit.digits);
    case "percent":
      return `${sign}${plain(size * 100, unit.digits ?? 2)}%`;
    case "points":
      return `${sign}${plain(size * 100, unit.digits ?? 2)}pt`;
    case "count":
      return `${sign}${plain(size, unit.digits ?? 0)}${unit.label ? (japanese() ? "" : " ") + unit.label : ""}`;
  }
}

/** The short form for axes: 120万, 1.2M, 5%. */
export function sayShort(value: number, unit: Unit): string {
  if (unit.kind === "percent" || unit.kind === "points") {
    const digits = Math.abs(value) * 100 >= 10 || value === 0 || Number.isInteger(Math.round(value * 1e6) / 1e4) ? 0 : 1;
    return `${value < 0 ? "−" : ""}${plain(Math.abs(value) * 100, digits)}${unit.kind === "percent" ? "%" : "pt"}`;
  }
  const text = new Intl.NumberFormat(japanese() ? "ja-JP" : "en-GB", { notation: "compact", maximumFractionDigits: 1 }).format(Math.abs(value));
  return (value < 0 ? "−" : "") + text;
}
