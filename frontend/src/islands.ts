// charts.js is large: it is fetched when the first [data-chart] stands in the page, also one that the drawer brings.
import { whenPresent } from "./dom";

const source = document.currentScript?.getAttribute("data-charts");

export function startIslands(): void {
  if (!source) return;
  let asked = false;
  whenPresent("[data-chart]", () => {
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = source;
    document.head.append(script);
  });
}
