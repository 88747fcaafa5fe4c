/** One line on stderr, rewritten where it can be; else one every tenth of the way. */
export function progressLine(): { show(what: string, done: number, total: number, path: string): void; end(): void } {
  const { isTTY, columns = 80 } = process.stderr;
  let tenth = "";
  return {
    show(what, done, total, path) {
      const text = `${what}${done}/${total} ${path}`;
      if (isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, columns - 1)}`);
      else {
        const now = `${what}${total && Math.floor((10 * done) / total)}`;
        if (now !== tenth) process.stderr.write(`${text}\n`);
        tenth = now;
      }
    },
    end() {
      if (isTTY) process.stderr.write("\r\x1b[K");
    },
  };
}
