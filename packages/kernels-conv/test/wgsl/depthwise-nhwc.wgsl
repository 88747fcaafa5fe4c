// conv/depthwise
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
fn load_w(i: u32) -> vec4<f32> { return w[i]; }
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
fn load_bias(i: u32) -> vec4<f32> { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = v; }

fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn bias_at(channel: u32) -> vec4<f32> { return load_bias((channel) >> 2u); }
fn finish(sum: vec4<f32>, at: u32, channel: u32, bias_here: vec4<f32>) -> vec4<f32> {
  return activation(sum + bias_here);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 64u + thread;
  let units = p.groups / 4u;
  let across = (p.yw + 6u) / 7u;
  let down = (p.yh + 1u) / 2u;
  let places = u32((f32(i32(index)) + 0.5) / f32(i32(units))); let unit = index - places * units;
  let lines = u32((f32(i32(places)) + 0.5) / f32(i32(across))); let column = places - lines * across;
  let box = u32((f32(i32(lines)) + 0.5) / f32(i32(down))); let line = lines - box * down;
  let d = 0u;
  if (box >= p.batch) { return; }
  let v = column * 7u;
  let h = line * 2u;
  
  var s0_0 = vec4f();
  var s0_1 = vec4f();
  var s0_2 = vec4f();
  var s0_3 = vec4f();
  var s0_4 = vec4f();
  var s0_5 = vec4f();
  var s0_6 = vec4f();
  var s1_0 = vec4f();
  var s1_1 = vec4f();
  var s1_2 = vec4f();
  var s1_3 = vec4f();
  var s1_4 = vec4f();
  var s1_5 = vec4f();
  var s1_6 = vec4f();
  let start = vec3u(d * 1u, h * 1u, v * 1u) - vec3u(p.pd, p.ph, p.pw);
  let in0 = start.z + 0u < p.xw; let c0 = (select(0u, start.z + 0u, in0)) * units;
  let in1 = start.z + 1u < p.xw; let c1 = (select(0u, start.z + 1u, in1)) * units;
  let in2 = start.z + 2u < p.xw; let c2 = (select(0u, start.z + 2u, in2)) * units;
  let in3 = start.z + 3u < p.xw; let c3 = (select(0u, start.z + 3u, in3)) * units;
  let in4 = start.z + 4u < p.xw; let c4 = (select(0u, start.z + 4u, in4)) * units;
  let in5 = start.z + 5u < p.xw; let c5 = (select(0u, start.z + 5u, in5)) * units;
  let in6 = start.z + 6u < p.xw; let c6 = (select(0u, start.z + 6u, in6)) * units;
  let in7 = start.z + 7u < p.xw; let c7 = (select(0u, start.z + 7u, in7)) * units;
  let in8 = start.z + 8u < p.xw; let c8 = (select(0u, start.z + 8u, in8)) * units;
  let beyond = vec4f();
  { let kd = 0u;
    let z = start.x;
    let w0 = load_w((((kd * 9u + 0u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    let w1 = load_w((((kd * 9u + 1u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    let w2 = load_w((((kd * 9u + 2u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    let w3 = load_w((((kd * 9u + 3u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    let w4 = load_w((((kd * 9u + 4u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    let w5 = load_w((((kd * 9u + 5u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    let w6 = load_w((((kd * 9u + 6u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    let w7 = load_w((((kd * 9u + 7u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    let w8 = load_w((((kd * 9u + 8u) * (p.ci * (p.groups * p.co))) >> 2u) + unit);
    {
      let y = start.y + 0u;
      let iny = y < p.xh;
      let line = (box * p.xh + select(0u, y, iny)) * p.xw * units + unit;
      let q0 = select(beyond, load_x(line + c0), iny && in0); let q1 = select(beyond, load_x(line + c1), iny && in1); let q2 = select(beyond, load_x(line + c2), iny && in2); let q3 = select(beyond, load_x(line + c3), iny && in3); let q4 = select(beyond, load_x(line + c4), iny && in4); let q5 = select(beyond, load_x(line + c5), iny && in5); let q6 = select(beyond, load_x(line + c6), iny && in6); let q7 = select(beyond, load_x(line + c7), iny && in7); let q8 = select(beyond, load_x(line + c8), iny && in8);
      let e0: vec4f = q0; s0_0 = fma(e0, w0, s0_0);
      let e1: vec4f = q1; s0_0 = fma(e1, w1, s0_0); s0_1 = fma(e1, w0, s0_1);
      let e2: vec4f = q2; s0_0 = fma(e2, w2, s0_0); s0_1 = fma(e2, w1, s0_1); s0_2 = fma(e2, w0, s0_2);
      let e3: vec4f = q3; s0_1 = fma(e3, w2, s0_1); s0_2 = fma(e3, w1, s0_2); s0_3 = fma(e3, w0, s0_3);
      let e4: vec4f = q4; s0_2 = fma(e4, w2, s0_2); s0_3 = fma(e4, w1, s0_3); s0_4 = fma(e4, w0, s0_4);
      let e5: vec4f = q5; s0_3 = fma(e5, w2, s0_3); s0_4 = fma(e5, w1, s0_4); s0_5 = fma(e5, w0, s0_5);
      let e6: vec4f = q6; s0_4 = fma(e6, w2, s0_4); s0_5 = fma(e6, w1, s0_5); s0_6 = fma(e6, w0, s0_6);
      let e7: vec4f = q7; s0_5 = fma(e7, w2, s0_5); s0_6 = fma(e7, w1, s0_6);
      let e8: vec4f = q8; s0_6 = fma(e8, w2, s0_6);
    }
    {
      let y = start.y + 1u;
      let iny = y < p.xh;
      let line = (box * p.xh + select(0u, y, iny)) * p.xw * units + unit;
      let q0 = select(beyond, load_x(line + c0), iny && in0); let q1 = select(beyond, load_x(line + c1), iny && in1); let q2 = select(beyond, load_x(line + c2), iny && in2); let q3 = select(beyond, load_x(line + c3), iny && in3); let q4 = select(beyond, load_x(line + c4), iny && in4); let q5 = select(beyond, load_x(line + c5), iny && in5); let q6 = select(beyond, load_x(line + c6), iny && in6); let q7 = select(beyond, load_x(line + c7), iny && in7); let q8 = select(beyond, load_x(line + c8), iny && in8);
      let e0: vec4f = q0; s0_0 = fma(e0, w3, s0_0); s1_0 = fma(e0, w0, s1_0);
      let e1: vec4f = q1; s0_0 = fma(e1, w4, s0_0); s0_1 = fma(e1, w3, s0_1); s1_0 = fma(e1, w1, s1_0); s1_1 = fma(e1, w0, s1_1);
      let e2: vec4f = q2; s0_0 = fma(e2, w5, s0_0); s0_1 = fma(e2, w4, s0_1); s0_2 = fma(e2, w3, s0_2); s1_0 = fma(e2, w2, s1_0); s1_1 = fma(e2, w1, s1_1); s1_2 = fma(e2, w0, s1_2);
      let e3: vec4f = q3; s0_1 = fma(e3, w5, s0_1); s0_2 = fma(e3, w4, s0_2); s0_3 = fma(e3, w3, s0_3); s1_1 = fma(e3, w2, s1_1); s1_2 = fma(e3, w1, s1_2); s1_3 = fma(e3, w0, s1_3);
      let e4: vec4f = q4; s0_2 = fma(e4, w5, s0_2); s0_3 = fma(e4, w4, s0_3); s0_4 = fma(e4, w3, s0_4); s1_2 = fma(e4, w2, s1_2); s1_3 = fma(e4, w1, s1_3); s1_4 = fma(e4, w0, s1_4);
      let e5: vec4f = q5; s0_3 = fma(e5, w5, s0_3); s0_4 = fma(e5, w4, s0_4); s0_5 = fma(e5, w3, s0_5); s1_3 = fma(e5, w2, s1_3); s1_4 = fma(e5, w1, s1_4); s1_5 = fma(e5, w0, s1_5);
      let e6: vec4f = q6; s0_4 = fma(e6, w5, s0_4); s0_5 = fma(e6, w4, s0_5); s0_6 = fma(e6, w3, s0_6); s1_4 = fma(e6, w2, s1_4); s1_5 = fma(e6, w1, s1_5); s1_6 = fma(e6, w0, s1_6);
      let e7: vec4f = q7; s0_5 = fma(e7, w5, s0_5); s0_6 = fma(e7, w4, s0_6); s1_5 = fma(e7, w2, s1_5); s1_6 = fma(e7, w1, s1_6);
      let e8: vec4f = q8; s0_6 = fma(e8, w5, s0_6); s1_6 = fma(e8, w2, s1_6);
    }
    {
      let y = start.y + 2u;
      let iny = y < p.xh;
      let line = (box * p.xh + select(0u, y, iny)) * p.xw * units + unit;
      let q0 = select(beyond, load_x(line + c0), iny && in0); let q1 = select(beyond, load_x(line + c1), iny && in1); let q2 = select(beyond, load_x(line + c2), iny && in2); let q3 = select(beyond, load_x(line + c3), iny && in3); let q4 = select(beyond, load_x(line + c4), iny && in4); let q5 = select(beyond, load_x(line + c5), iny && in5); let q6 = select(beyond, load_x(line + c6), iny && in6); let q7 = select(beyond, load_x(line + c7), iny && in7); let q8 = select(beyond, load_x(line + c8), iny && in8);
      let e0: vec4f = q0; s0_0 = fma(e0, w6, s0_0); s1_0 = fma(e0, w3, s1_0);
      let e1: vec4f = q1; s0_0 = fma(e1, w7, s0_0); s0_1 = fma(e1, w6, s0_1); s1_0 = fma(e1, w4, s1_0); s1_1 = fma(e1, w3, s1_1);
      let e2: vec4f = q2; s0_0 = fma(e2, w8, s0_0); s0_1 = fma(e2, w7, s0_1); s0_2 = fma(e2, w6, s0_2); s1_0 = fma(e2, w5, s1_0); s1_1 = fma(e2, w4, s1_1); s1_2 = fma(e2, w3, s1_2);
      let e3: vec4f = q3; s0_1 = fma(e3, w8, s0_1); s0_2 = fma(e3, w7, s0_2); s0_3 = fma(e3, w6, s0_3); s1_1 = fma(e3, w5, s1_1); s1_2 = fma(e3, w4, s1_2); s1_3 = fma(e3, w3, s1_3);
      let e4: vec4f = q4; s0_2 = fma(e4, w8, s0_2); s0_3 = fma(e4, w7, s0_3); s0_4 = fma(e4, w6, s0_4); s1_2 = fma(e4, w5, s1_2); s1_3 = fma(e4, w4, s1_3); s1_4 = fma(e4, w3, s1_4);
      let e5: vec4f = q5; s0_3 = fma(e5, w8, s0_3); s0_4 = fma(e5, w7, s0_4); s0_5 = fma(e5, w6, s0_5); s1_3 = fma(e5, w5, s1_3); s1_4 = fma(e5, w4, s1_4); s1_5 = fma(e5, w3, s1_5);
      let e6: vec4f = q6; s0_4 = fma(e6, w8, s0_4); s0_5 = fma(e6, w7, s0_5); s0_6 = fma(e6, w6, s0_6); s1_4 = fma(e6, w5, s1_4); s1_5 = fma(e6, w4, s1_5); s1_6 = fma(e6, w3, s1_6);
      let e7: vec4f = q7; s0_5 = fma(e7, w8, s0_5); s0_6 = fma(e7, w7, s0_6); s1_5 = fma(e7, w5, s1_5); s1_6 = fma(e7, w4, s1_6);
      let e8: vec4f = q8; s0_6 = fma(e8, w8, s0_6); s1_6 = fma(e8, w5, s1_6);
    }
    {
      let y = start.y + 3u;
      let iny = y < p.xh;
      let line = (box * p.xh + select(0u, y, iny)) * p.xw * units + unit;
      let q0 = select(beyond, load_x(line + c0), iny && in0); let q1 = select(beyond, load_x(line + c1), iny && in1); let q2 = select(beyond, load_x(line + c2), iny && in2); let q3 = select(beyond, load_x(line + c3), iny && in3); let q4 = select(beyond, load_x(line + c4), iny && in4); let q5 = select(beyond, load_x(line + c5), iny && in5); let q6 = select(beyond, load_x(line + c6), iny && in6); let q7 = select(beyond, load_x(line + c7), iny && in7); let q8 = select(beyond, load_x(line + c8), iny && in8);
      let e0: vec4f = q0; s1_0 = fma(e0, w6, s1_0);
      let e1: vec4f = q1; s1_0 = fma(e1, w7, s1_0); s1_1 = fma(e1, w6, s1_1);
      let e2: vec4f = q2; s1_0 = fma(e2, w8, s1_0); s1_1 = fma(e2, w7, s1_1); s1_2 = fma(e2, w6, s1_2);
      let e3: vec4f = q3; s1_1 = fma(e3, w8, s1_1); s1_2 = fma(e3, w7, s1_2); s1_3 = fma(e3, w6, s1_3);
      let e4: vec4f = q4; s1_2 = fma(e4, w8, s1_2); s1_3 = fma(e4, w7, s1_3); s1_4 = fma(e4, w6, s1_4);
      let e5: vec4f = q5; s1_3 = fma(e5, w8, s1_3); s1_4 = fma(e5, w7, s1_4); s1_5 = fma(e5, w6, s1_5);
      let e6: vec4f = q6; s1_4 = fma(e6, w8, s1_4); s1_5 = fma(e6, w7, s1_5); s1_6 = fma(e6, w6, s1_6);
      let e7: vec4f = q7; s1_5 = fma(e7, w8, s1_5); s1_6 = fma(e7, w7, s1_6);
      let e8: vec4f = q8; s1_6 = fma(e8, w8, s1_6);
    }
  }
  let channel = 4u * unit;
  let bias_here = bias_at(channel);
  let v0 = v;
  let has_v1 = v + 1u < p.yw; let v1 = select(v0, v + 1u, has_v1);
  let has_v2 = v + 2u < p.yw; let v2 = select(v1, v + 2u, has_v2);
  let has_v3 = v + 3u < p.yw; let v3 = select(v2, v + 3u, has_v3);
  let has_v4 = v + 4u < p.yw; let v4 = select(v3, v + 4u, has_v4);
  let has_v5 = v + 5u < p.yw; let v5 = select(v4, v + 5u, has_v5);
  let has_v6 = v + 6u < p.yw; let v6 = select(v5, v + 6u, has_v6);
  let h0 = h;
  let has_h1 = h + 1u < p.yh; let h1 = select(h0, h + 1u, has_h1);
  let y0 = (box * p.yh + h0) * p.yw;
  let y1 = (box * p.yh + h1) * p.yw;
    { let at = (y0 + v0) * units + unit; store_y(at, finish(s0_0, 4u * at, channel, bias_here)); }
  s0_1 = select(s0_0, s0_1, has_v1);  { let at = (y0 + v1) * units + unit; store_y(at, finish(s0_1, 4u * at, channel, bias_here)); }
  s0_2 = select(s0_1, s0_2, has_v2);  { let at = (y0 + v2) * units + unit; store_y(at, finish(s0_2, 4u * at, channel, bias_here)); }
  s0_3 = select(s0_2, s0_3, has_v3);  { let at = (y0 + v3) * units + unit; store_y(at, finish(s0_3, 4u * at, channel, bias_here)); }
  s0_4 = select(s0_3, s0_4, has_v4);  { let at = (y0 + v4) * units + unit; store_y(at, finish(s0_4, 4u * at, channel, bias_here)); }
  s0_5 = select(s0_4, s0_5, has_v5);  { let at = (y0 + v5) * units + unit; store_y(at, finish(s0_5, 4u * at, channel, bias_here)); }
  s0_6 = select(s0_5, s0_6, has_v6);  { let at = (y0 + v6) * units + unit; store_y(at, finish(s0_6, 4u * at, channel, bias_here)); }
   s1_0 = select(s0_0, s1_0, has_h1); { let at = (y1 + v0) * units + unit; store_y(at, finish(s1_0, 4u * at, channel, bias_here)); }
  s1_1 = select(s1_0, s1_1, has_v1); s1_1 = select(s0_1, s1_1, has_h1); { let at = (y1 + v1) * units + unit; store_y(at, finish(s1_1, 4u * at, channel, bias_here)); }
  s1_2 = select(s1_1, s1_2, has_v2); s1_2 = select(s0_2, s1_2, has_h1); { let at = (y1 + v2) * units + unit; store_y(at, finish(s1_2, 4u * at, channel, bias_here)); }
  s1_3 = select(s1_2, s1_3, has_v3); s1_3 = select(s0_3, s1_3, has_h1); { let at = (y1 + v3) * units + unit; store_y(at, finish(s1_3, 4u * at, channel, bias_here)); }
  s1_4 = select(s1_3, s1_4, has_v4); s1_4 = select(s0_4, s1_4, has_h1); { let at = (y1 + v4) * units + unit; store_y(at, finish(s1_4, 4u * at, channel, bias_here)); }
  s1_5 = select(s1_4, s1_5, has_v5); s1_5 = select(s0_5, s1_5, has_h1); { let at = (y1 + v5) * units + unit; store_y(at, finish(s1_5, 4u * at, channel, bias_here)); }
  s1_6 = select(s1_5, s1_6, has_v6); s1_6 = select(s0_6, s1_6, has_h1); { let at = (y1 + v6) * units + unit; store_y(at, finish(s1_6, 4u * at, channel, bias_here)); }
}
