// What this browser remembers about its reader: theme and rail. Storage may be forbidden; then nothing is kept.
export type Theme = "light" | "dark" | "auto";
const THEME_KEY = "banso:theme";
const RAIL_KEY = "banso:rail";

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // private mode: the choice lives as long as the page
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function readTheme(): Theme {
  const kept = recall(THEME_KEY);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

export function showTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

export function keepTheme(theme: Theme): void {
  remember(THEME_KEY, theme === "auto" ? null : theme);
  showTheme(theme);
}

export function readRail(): string | null {
  return recall(RAIL_KEY);
}

export function keepRail(folded: boolean): void {
  remember(RAIL_KEY, folded ? "folded" : null);
}
