/** What the Inspect tab reads of the address, for a trial: `matmul/staged/f32/k=33,m=17,n=19,tile=64x64x16`. */
export function addressOf(trial: string): { case: string; variant: string; tile: string } {
  const [kernel, variant = "", dtype, keys = ""] = trial.split("/");
  const parts = keys.split(",");
  const tile = parts.find((part) => part.startsWith("tile="))?.slice("tile=".length) ?? "";
  return { case: [kernel, "*", dtype, parts.filter((part) => !part.startsWith("tile=")).join(",")].join("/"), variant, tile };
}

/** What is seen stands in the address, so that a view can be passed on. */
export function writeAddress(key: string, value: string): void {
  const url = new URL(location.href);
  if (value) url.searchParams.set(key, value);
  else url.searchParams.delete(key);
  // `/`, `,`, `=` and `*` may stand in a query as they are, and a case path is full of them
  url.search = url.search.replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3D", "=");
  history.replaceState(null, "", url);
}
