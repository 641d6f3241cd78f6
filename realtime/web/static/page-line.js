// A queue of requests: sends one at a time, in order, so that none overtakes another.

// send(wish) sends a request and never fails. Return a function that takes (control, wish) and resolves to the answer.
// A newer request of the same control replaces a waiting one, which resolves to null.
export function line(send) {
  const waiting = new Map();
  let busy = false;

  async function go() {
    if (busy) return;
    busy = true;
    while (waiting.size) {
      const [[control, { wish, answered }]] = waiting;
      waiting.delete(control);
      answered(await send(wish));
    }
    busy = false;
  }

  return (control, wish) =>
    new Promise((answered) => {
      waiting.get(control)?.answered(null);
      waiting.delete(control); // move it to the end
      waiting.set(control, { wish, answered });
      go();
    });
}
