// Colours come from the page's CSS, so that light, dark and print are designed in one place.
export interface Paint {
  ink: string;
  soft: string;
  rule: string;
  paper: string;
  font: string;
  series: string[];
  bands: Record<"good" | "watch" | "risk" | "unknown", string>;
  heat: { low: string; high: string; bad: string };
}

export function readPaint(): Paint {
  const css = getComputedStyle(document.documentElement);
  const get = (name: string): string => css.getPropertyValue(name).trim().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
  return {
    ink: get("--color-base-content"),
    soft: get("--ink-soft"),
    rule: get("--rule"),
    paper: get("--color-base-100"),
    font: getComputedStyle(document.body).fontFamily,
    series: [1, 2, 3, 4, 5, 6, 7].map((place) => get(`--chart-${place}`)),
    bands: { good: get("--band-good"), watch: get("--band-watch"), risk: get("--band-risk"), unknown: get("--band-unknown") },
    heat: { low: get("--heat-low"), high: get("--heat-high"), bad: get("--heat-bad") },
  };
}

/** Ink that can be read on a filled colour (#rrggbb), by relative luminance. */
export function inkOn(colour: string): string {
  const channel = (at: number): number => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const light = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return light > 0.3 ? "#15171b" : "#ffffff";
}

export function mix(from: string, to: string, share: number): string {
  const part = (at: number): string => {
    const [a, b] = [parseInt(from.slice(at, at + 2), 16), parseInt(to.slice(at, at + 2), 16)];
    return Math.round(a + (b - a) * share).toString(16).padStart(2, "0");
  };
  return `#${part(1)}${part(3)}${part(5)}`;
}
