// conv/direct
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
fn load_w(i: u32) -> vec4<f32> { return w[i]; }
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
fn load_bias(i: u32) -> vec4<f32> { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = v; }

const ROWS = 64u; // of a workgroup
const COLUMNS = 32u;
fn x_at(image: u32, group: u32, at: vec3u) -> u32 {
  return (image * p.xd * p.xh * p.xw + ((at.x * p.xh + at.y) * p.xw + at.z)) * (p.groups * p.ci) + group * p.ci;
}
fn y_at(image: u32, channel: u32, pixel: u32) -> u32 {
  return (image * (p.yd * p.yh * p.yw) + pixel) * (p.groups * p.co) + channel;
}
fn inside(at: vec3u) -> bool { return all(at < vec3u(p.xd, p.xh, p.xw)); }
fn corner(pixel: u32) -> vec3u {
  let place = vec3u(pixel / (p.yh * p.yw), pixel / p.yw % p.yh, pixel % p.yw);
  return place * vec3u(1u, 1u, 1u) - vec3u(p.pd, p.ph, p.pw);
}
fn under(corner: vec3u, offset: vec3u) -> vec3u {
  return corner + offset;
}

fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn bias_at(channel: u32) -> vec4<f32> { return load_bias((channel) >> 2u); }
fn finish(sum: vec4<f32>, at: u32, channel: u32, bias_here: vec4<f32>) -> vec4<f32> {
  return activation(sum + bias_here);
}
fn put(pixel: u32, group: u32, col: u32, sum: vec4f, bias_here: vec4f) {
  let channel = group * p.co + col;
  let at = pixel * p.groups * p.co + channel;
  let v = finish(sum, at, channel, bias_here);
  store_y(at >> 2u, v);
}


@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u) {
  let index = wid.y * groups.x + wid.x;
  let across = (p.co + COLUMNS - 1u) / COLUMNS;
  let pixels = p.yd * p.yh * p.yw;
  let down = (p.batch * pixels + ROWS - 1u) / ROWS;
  let group = index / (across * down);
  if (group >= p.groups) { return; }
  let row = index / across % down * ROWS + thread.y * 8u;
  let col = index % across * COLUMNS + thread.x * 4u;
  // The pixels whose windows this thread loads, and its columns.
  
  let pixel0 = min(row + 0u, p.batch * pixels - 1u);
  let pixel1 = min(row + 1u, p.batch * pixels - 1u);
  let pixel2 = min(row + 2u, p.batch * pixels - 1u);
  let pixel3 = min(row + 3u, p.batch * pixels - 1u);
  let pixel4 = min(row + 4u, p.batch * pixels - 1u);
  let pixel5 = min(row + 5u, p.batch * pixels - 1u);
  let pixel6 = min(row + 6u, p.batch * pixels - 1u);
  let pixel7 = min(row + 7u, p.batch * pixels - 1u);
  let image0 = pixel0 / pixels;
  let image1 = pixel1 / pixels;
  let image2 = pixel2 / pixels;
  let image3 = pixel3 / pixels;
  let image4 = pixel4 / pixels;
  let image5 = pixel5 / pixels;
  let image6 = pixel6 / pixels;
  let image7 = pixel7 / pixels;
  let corner0 = corner(pixel0 - image0 * pixels);
  let corner1 = corner(pixel1 - image1 * pixels);
  let corner2 = corner(pixel2 - image2 * pixels);
  let corner3 = corner(pixel3 - image3 * pixels);
  let corner4 = corner(pixel4 - image4 * pixels);
  let corner5 = corner(pixel5 - image5 * pixels);
  let corner6 = corner(pixel6 - image6 * pixels);
  let corner7 = corner(pixel7 - image7 * pixels);
  let wc0 = group * (1u * p.co) + min(col + 0u, p.co - 4u);
  
  var c0_0 = vec4f();
    var c1_0 = vec4f();
    var c2_0 = vec4f();
    var c3_0 = vec4f();
    var c4_0 = vec4f();
    var c5_0 = vec4f();
    var c6_0 = vec4f();
    var c7_0 = vec4f();
  let terms = p.ci;
  {  for (var kh = 0u; kh < 3u; kh++) {  for (var kv = 0u; kv < 3u; kv++) { 
    let tap = (0u * 3u + kh) * 3u + kv;
    let offset = vec3u(0u, kh * 1u, kv * 1u);
  let at0 = under(corner0, offset);
  let at1 = under(corner1, offset);
  let at2 = under(corner2, offset);
  let at3 = under(corner3, offset);
  let at4 = under(corner4, offset);
  let at5 = under(corner5, offset);
  let at6 = under(corner6, offset);
  let at7 = under(corner7, offset);
  let in0 = inside(at0);
  let in1 = inside(at1);
  let in2 = inside(at2);
  let in3 = inside(at3);
  let in4 = inside(at4);
  let in5 = inside(at5);
  let in6 = inside(at6);
  let in7 = inside(at7);
  let xs0 = select(0u, x_at(image0, group, at0), in0) >> 2u;
  let xs1 = select(0u, x_at(image1, group, at1), in1) >> 2u;
  let xs2 = select(0u, x_at(image2, group, at2), in2) >> 2u;
  let xs3 = select(0u, x_at(image3, group, at3), in3) >> 2u;
  let xs4 = select(0u, x_at(image4, group, at4), in4) >> 2u;
  let xs5 = select(0u, x_at(image5, group, at5), in5) >> 2u;
  let xs6 = select(0u, x_at(image6, group, at6), in6) >> 2u;
  let xs7 = select(0u, x_at(image7, group, at7), in7) >> 2u;
  let wb0 = (wc0 + tap * (p.ci * (p.groups * p.co))) >> 2u;
  let blocks = terms / 4u;
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= blocks) { break; }
    
    let a0 = select(vec4f(), load_x(xs0 + k), in0); let a1 = select(vec4f(), load_x(xs1 + k), in1); let a2 = select(vec4f(), load_x(xs2 + k), in2); let a3 = select(vec4f(), load_x(xs3 + k), in3); let a4 = select(vec4f(), load_x(xs4 + k), in4); let a5 = select(vec4f(), load_x(xs5 + k), in5); let a6 = select(vec4f(), load_x(xs6 + k), in6); let a7 = select(vec4f(), load_x(xs7 + k), in7);
    let b0 = mat4x4f(vec4f(load_w(wb0 + (4u * k + 0u) * (((p.groups * p.co)) >> 2u))), vec4f(load_w(wb0 + (4u * k + 1u) * (((p.groups * p.co)) >> 2u))), vec4f(load_w(wb0 + (4u * k + 2u) * (((p.groups * p.co)) >> 2u))), vec4f(load_w(wb0 + (4u * k + 3u) * (((p.groups * p.co)) >> 2u))));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7;
  }
  
  } } }
  if (row >= p.batch * pixels || col >= p.co) { return; }
  
  let bias0 = bias_at(group * p.co + col + 0u);
  put(min(row + 0u, p.batch * pixels - 1u), group, col + 0u, c0_0, bias0);
  put(min(row + 1u, p.batch * pixels - 1u), group, col + 0u, c1_0, bias0);
  put(min(row + 2u, p.batch * pixels - 1u), group, col + 0u, c2_0, bias0);
  put(min(row + 3u, p.batch * pixels - 1u), group, col + 0u, c3_0, bias0);
  put(min(row + 4u, p.batch * pixels - 1u), group, col + 0u, c4_0, bias0);
  put(min(row + 5u, p.batch * pixels - 1u), group, col + 0u, c5_0, bias0);
  put(min(row + 6u, p.batch * pixels - 1u), group, col + 0u, c6_0, bias0);
  put(min(row + 7u, p.batch * pixels - 1u), group, col + 0u, c7_0, bias0);
}
