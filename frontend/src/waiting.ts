// A page that is longer in coming than two seconds says so. Downloads leave the page standing, so they are left out.
const PATIENCE = 2_000;
const LONGEST = 60_000;

export function startWaiting(): void {
  const notice = document.querySelector<HTMLElement>("[data-waiting]");
  if (!notice) return;
  let timer = 0;
  let download = false;
  const stop = (): void => {
    clearTimeout(timer);
    notice.hidden = true;
  };
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    const button = (event.target as Element).closest<HTMLButtonElement>("button[name=export], [data-download]");
    download = Boolean(button || link?.hasAttribute("download") || link?.search.includes("export="));
  });
  addEventListener("beforeunload", () => {
    stop();
    if (download) return;
    timer = window.setTimeout(() => {
      notice.hidden = false;
      timer = window.setTimeout(stop, LONGEST);
    }, PATIENCE);
  });
  addEventListener("pagehide", stop); // a page that comes back from the browser's memory is not waiting
}
