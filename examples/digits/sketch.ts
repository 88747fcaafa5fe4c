// A place to draw a digit, and what is drawn as MNIST has its digits.

const SIZE = 28;
const BOX = 20; // MNIST scales the ink to fit in so many pixels, and puts its centre of mass in the middle

/** Draws where the pointer goes; `onStroke` is told when a stroke ends. */
export function drawOn(canvas: HTMLCanvasElement, onStroke: () => void): void {
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.lineWidth = canvas.width / 14;
  context.lineCap = context.lineJoin = "round";
  let drawing = false;
  const at = ({ clientX, clientY }: PointerEvent): [number, number] => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) * canvas.width) / width, ((clientY - top) * canvas.height) / height];
  };
  const line = (event: PointerEvent) => {
    context.lineTo(...at(event));
    context.stroke();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    context.beginPath();
    context.moveTo(...at(event));
    line(event); // a dot, too
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drawing) line(event);
  });
  for (const end of ["pointerup", "pointercancel"] as const)
    canvas.addEventListener(end, () => {
      if (drawing) onStroke();
      drawing = false;
    });
}

/** What is drawn as 28 x 28 pixels, 0 to 255; undefined where there is nothing. */
export function pixelsOf(canvas: HTMLCanvasElement): Uint8ClampedArray | undefined {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
  let [left, top, right, bottom] = [width, height, -1, -1];
  let [mass, x, y] = [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    const ink = data[4 * i + 3]!;
    if (ink === 0) continue;
    const [column, row] = [i % width, Math.floor(i / width)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    mass += ink;
    x += ink * (column + 0.5);
    y += ink * (row + 0.5);
  }
  if (mass === 0) return undefined;
  const scale = BOX / Math.max(right - left + 1, bottom - top + 1);
  const small = new OffscreenCanvas(SIZE, SIZE).getContext("2d")!;
  small.imageSmoothingQuality = "high";
  small.setTransform(scale, 0, 0, scale, SIZE / 2 - (scale * x) / mass, SIZE / 2 - (scale * y) / mass);
  small.drawImage(canvas, 0, 0);
  return small.getImageData(0, 0, SIZE, SIZE).data.filter((_, i) => i % 4 === 3);
}
