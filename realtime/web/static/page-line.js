// A line of wishes: one is asked for at a time, in the order in which they came, so that none overtakes another.

// send(wish) asks for one; it never fails. Returns what takes (control, wish) and gives the answer. While a wish waits,
// a newer one of the same control takes its place, because it sets the same; the older one is answered with null.
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
      waiting.delete(control); // the newest stands last
      waiting.set(control, { wish, answered });
      go();
    });
}
