// Tooltips are built as elements with classes: no markup out of data, no inline style (strict CSP).
export interface TipRow {
  name: string;
  value: string;
}

export function tip(head: string, rows: TipRow[], notes: (string | null | undefined)[] = []): HTMLElement {
  const box = document.createElement("div");
  box.className = "chart-tip";
  const add = (parent: HTMLElement, tag: string, name: string, text: string): HTMLElement => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    parent.append(made);
    return made;
  };
  add(box, "div", "chart-tip-head", head);
  for (const row of rows) {
    const line = add(box, "div", "chart-tip-row", "");
    add(line, "span", "chart-tip-name", row.name);
    add(line, "span", "chart-tip-value", row.value);
  }
  for (const note of notes) if (note) add(box, "div", "chart-tip-note", note);
  return box;
}
