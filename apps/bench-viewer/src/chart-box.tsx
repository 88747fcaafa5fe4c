import { useEffect, useRef } from "preact/hooks";

let frame: Promise<unknown> = Promise.resolve();

/** Reading the library's code and the first drawing of each chart are long enough to have a frame of their own. */
const turn = (): Promise<unknown> => {
  frame = frame.then(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  return frame;
};

interface Props<C> {
  /** Makes the chart; its code comes with it. */
  load(box: HTMLElement): Promise<C>;
  show(chart: C): void;
  /** Changes when what is shown does. */
  readonly drawn: string;
  readonly label: string;
}

/** A box that a chart is drawn into, when there is time for it. */
export function ChartBox<C extends { destroy(): void }>({ load, show, drawn, label }: Props<C>) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<C>(undefined);
  const newest = useRef(show);
  newest.current = show;
  useEffect(() => {
    let gone = false;
    void turn().then(async () => {
      if (gone || !box.current) return;
      const made = await load(box.current);
      if (gone) return made.destroy();
      chart.current = made;
      newest.current(made);
    });
    return () => {
      gone = true;
      chart.current?.destroy();
    };
  }, []);
  useEffect(() => {
    if (chart.current) newest.current(chart.current);
  }, [drawn]);
  return <div ref={box} class="chart" role="img" aria-label={label} />;
}
