// Loaded before the first paint, in <head>, without defer: sets the reader's theme and rail so that nothing flashes.
import { readRail, readTheme, showTheme } from "./prefs";

showTheme(readTheme());
if (readRail() === "folded") document.documentElement.dataset.rail = "folded";
document.documentElement.dataset.js = "on";
