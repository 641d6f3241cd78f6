// Combines colour and alpha on the GPU. The colour is premultiplied, as the browser needs it, so the shader only reads
// two pixels.

const VERTEX = `
attribute vec2 corner;
uniform vec2 size;       // of the frame, in px
varying vec2 pixel;
void main() {
  pixel = vec2(corner.x, 1.0 - corner.y) * size;
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = `
precision highp float;
uniform sampler2D stack;
uniform vec2 stackSize;  // of colour and alpha together, in px
uniform float alphaTop;
varying vec2 pixel;
void main() {
  vec3 colour = texture2D(stack, pixel / stackSize).rgb;
  float alpha = texture2D(stack, (pixel + vec2(0.0, alphaTop)) / stackSize).g;
  gl_FragColor = vec4(min(colour, alpha), alpha);
}`;

// Return a painter for this canvas, or null without WebGL.
export function webgl(canvas) {
  const gl = canvas.getContext("webgl", { alpha: true, premultipliedAlpha: true, antialias: false, depth: false });
  if (!gl) return null;
  let uniforms;

  function prepare() {
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "corner");
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    // No filter, because the canvas has the frame size. Without mip-maps, any size works.
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
    const at = (name) => gl.getUniformLocation(program, name);
    uniforms = { size: at("size"), stackSize: at("stackSize"), alphaTop: at("alphaTop") };
  }

  prepare();
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", prepare);
  return {
    name: "webgl",
    paint({ bitmap, width, height, alphaTop }) {
      if (gl.isContextLost()) return;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      gl.viewport(0, 0, width, height);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, bitmap);
      gl.uniform2f(uniforms.size, width, height);
      gl.uniform2f(uniforms.stackSize, bitmap.width, bitmap.height);
      gl.uniform1f(uniforms.alphaTop, alphaTop);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    },
    clear() {
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
    },
  };
}
