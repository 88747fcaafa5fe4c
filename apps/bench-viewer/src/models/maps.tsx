import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly data: ArrayLike<number>;
  readonly rows: number;
  readonly cols: number;
  /** Where in `data` this map begins. */
  readonly from?: number;
  /** The number that is drawn darkest. */
  readonly most: number;
  readonly label: string;
  readonly onPoint?: ((row: number, col: number) => void) | undefined;
}

/** Numbers from 0 as squares, the stronger the greater; the style sheet turns them about where the page is dark. */
export function Heat({ data, rows, cols, from = 0, most, label, onPoint }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const image = context.createImageData(cols, rows);
    for (let i = 0; i < rows * cols; i++) image.data[4 * i + 3] = (255 * Math.max(0, data[from + i]!)) / (most || 1);
    context.putImageData(image, 0, 0);
  }, [data, from, most]);
  const onPointerMove = (event: PointerEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const at = (part: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(part * count)));
    onPoint?.(at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, cols));
  };
  return (
    <canvas
      ref={canvas}
      class="heat-map"
      width={cols}
      height={rows}
      role="img"
      aria-label={label}
      {...(onPoint && { onPointerMove })}
    />
  );
}

export function greatest(data: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < data.length; i++) if (data[i]! > most) most = data[i]!;
  return most;
}
