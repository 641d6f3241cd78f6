// Receives frames over a WebSocket, and reconnects automatically.
// realtime/web/view_stream.py documents the messages.

import { socket as openSocket } from "./access.js";

const HEADER_BYTES = 16;
const RETRY_MS = [250, 500, 1000, 2000];

// Watch a view: "overlay", "preview" or "matte".
//
// show(picture) draws one frame and returns, or resolves, after that. It gets {bitmap, number, width, height, alphaTop,
// isNotice, ageMs, bytes}; ageMs is the latency of the previous frame from camera to screen, or NaN. The bitmap is closed
// afterwards. lost() is called when the connection breaks. Return a function that stops watching.
export function watchPictures(view, { show, lost = () => {} }) {
  let socket;
  let failures = 0;
  let timer = 0;
  let ended = false;

  function open() {
    socket = openSocket(`/api/pictures/${view}`);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (message) => take(socket, message.data);
    socket.onclose = () => {
      if (ended) return;
      lost();
      timer = setTimeout(open, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    };
  }

  async function take(from, data) {
    const header = new DataView(data, 0, HEADER_BYTES);
    const number = header.getUint32(0, true);
    let bitmap;
    try {
      const jpeg = new Blob([new Uint8Array(data, HEADER_BYTES)], { type: "image/jpeg" });
      bitmap = await createImageBitmap(jpeg, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
      if (ended) return;
      failures = 0;
      await show({
        bitmap,
        number,
        width: header.getUint16(4, true),
        height: header.getUint16(6, true),
        alphaTop: header.getUint16(8, true),
        isNotice: header.getUint16(10, true) === 1,
        ageMs: header.getFloat32(12, true),
        bytes: data.byteLength,
      });
    } finally {
      bitmap?.close();
      if (from.readyState === WebSocket.OPEN) from.send(String(number));
    }
  }

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket.close();
  };
}
