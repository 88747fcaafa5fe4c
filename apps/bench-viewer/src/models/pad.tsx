import { useEffect, useRef } from "preact/hooks";
import { asDigit, SAMPLES, type Stroke } from "./ink.ts";

const SIZE = 280;
const PEN = 0.085; // of the side

interface Props {
  readonly strokes: readonly Stroke[];
  draw(strokes: readonly Stroke[]): void;
  /** The drawing as the network takes it; undefined while there is none. */
  onInk(ink: Uint8Array | undefined): void;
}

/** Where a digit is drawn with mouse, finger or pen; buttons draw samples for who has none of them. */
export function Pad({ strokes, draw, onInk }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const going = useRef<Stroke>(undefined); // the stroke being drawn
  useEffect(() => {
    const context = canvas.current!.getContext("2d", { willReadFrequently: true })!;
    paint(context, strokes);
    const { data } = context.getImageData(0, 0, SIZE, SIZE);
    onInk(asDigit((x, y) => data[4 * (y * SIZE + x) + 3]! / 255, SIZE));
  }, [strokes]);
  const point = (event: PointerEvent): readonly [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const more = (event: PointerEvent) => {
    if (!going.current) return;
    const before = strokes.filter((stroke) => stroke !== going.current);
    going.current = [...going.current, point(event)];
    draw([...before, going.current]);
  };
  return (
    <div class="pad">
      <canvas
        ref={canvas}
        width={SIZE}
        height={SIZE}
        role="img"
        aria-label="Drawing of a digit. The buttons below draw samples."
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          going.current = [point(event)];
          draw([...strokes, going.current]);
        }}
        onPointerMove={more}
        onPointerUp={() => {
          going.current = undefined;
        }}
        onPointerCancel={() => {
          going.current = undefined;
        }}
      />
      <fieldset class="samples" aria-label="Samples">
        {SAMPLES.map((sample, digit) => (
          <button key={digit} type="button" class="small" aria-label={`Draw a ${digit}`} onClick={() => draw(sample)}>
            {digit}
          </button>
        ))}
        <button type="button" class="small" disabled={strokes.length === 0} onClick={() => draw([])}>
          Clear
        </button>
      </fieldset>
    </div>
  );
}

function paint(context: CanvasRenderingContext2D, strokes: readonly Stroke[]): void {
  context.clearRect(0, 0, SIZE, SIZE);
  Object.assign(context, { lineWidth: PEN * SIZE, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  for (const [first, ...rest] of strokes) {
    context.beginPath();
    context.moveTo(first![0] * SIZE, first![1] * SIZE);
    for (const [x, y] of rest.length ? rest : [first!]) context.lineTo(x * SIZE, y * SIZE);
    context.stroke();
  }
}
