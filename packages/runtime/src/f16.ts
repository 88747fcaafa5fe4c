// IEEE 754 binary16 <-> number, for hosts without Float16Array (Node 20 and older browsers).

/** The value of 16 bits. */
export function fromF16(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 31
      ? fraction
        ? Number.NaN
        : Infinity
      : exponent
        ? (1024 + fraction) * 2 ** (exponent - 25)
        : fraction * 2 ** -24;
  return bits & 0x8000 ? -size : size;
}

/** The 16 bits nearest to a value, ties to even; 65520 and beyond is infinity. */
export function toF16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const scaled = size * 2 ** (10 - exponent); // exact: a power of two
  let units = Math.round(scaled);
  if (units - scaled === 0.5 && units % 2) units--;
  return sign | (units + (exponent + 14) * 1024); // a carry out of the fraction lands in the exponent
}
