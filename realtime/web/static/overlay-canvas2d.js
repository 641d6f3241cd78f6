// Combines colour and alpha on the CPU, if there is no WebGL. A canvas needs straight colour.

export function canvas2d(canvas) {
  const context = canvas.getContext("2d");
  const stack = document.createElement("canvas");
  const reader = stack.getContext("2d", { willReadFrequently: true });
  let picture;

  return {
    name: "2d",
    paint({ bitmap, width, height, alphaTop }) {
      if (canvas.width !== width || canvas.height !== height || !picture) {
        Object.assign(canvas, { width, height });
        Object.assign(stack, { width: bitmap.width, height: bitmap.height });
        picture = context.createImageData(width, height);
      }
      reader.drawImage(bitmap, 0, 0);
      const colour = reader.getImageData(0, 0, width, height).data;
      const alphas = reader.getImageData(0, alphaTop, width, height).data;
      const out = picture.data; // clamped to 0..255 by its type
      for (let i = 0; i < out.length; i += 4) {
        const alpha = alphas[i + 1];
        const share = alpha ? 255 / alpha : 0;
        out[i] = colour[i] * share;
        out[i + 1] = colour[i + 1] * share;
        out[i + 2] = colour[i + 2] * share;
        out[i + 3] = alpha;
      }
      context.putImageData(picture, 0, 0);
    },
    clear() {
      context.clearRect(0, 0, canvas.width, canvas.height);
    },
  };
}
