/** What is seen stands in the address, so that a view can be passed on. */
export function writeAddress(key: string, value: string): void {
  const url = new URL(location.href);
  if (value) url.searchParams.set(key, value);
  else url.searchParams.delete(key);
  // `/`, `,`, `=` and `*` may stand in a query as they are, and a case path is full of them
  url.search = url.search.replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3D", "=");
  history.replaceState(null, "", url);
}
