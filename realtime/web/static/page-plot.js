// Rate and age over the last two minutes, each on a scale of its own from zero.

const KEPT = 120;

// Returns what takes the figures of one second, and draws.
export function plot(canvas) {
  const context = canvas.getContext("2d");
  const rows = [];

  function line(name, colour) {
    const highest = Math.max(1, ...rows.map((row) => row[name]).filter(Number.isFinite)) * 1.1;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue(colour);
    context.beginPath();
    rows.forEach((row, index) => {
      if (!Number.isFinite(row[name])) return;
      const x = canvas.width * (1 - (rows.length - 1 - index) / (KEPT - 1));
      context.lineTo(x, canvas.height * (1 - row[name] / highest));
    });
    context.stroke();
  }

  return (rate, age) => {
    rows.push({ rate, age });
    if (rows.length > KEPT) rows.shift();
    const scale = devicePixelRatio || 1;
    Object.assign(canvas, { width: canvas.clientWidth * scale, height: canvas.clientHeight * scale });
    context.lineWidth = 1.5 * scale;
    line("rate", "--accent");
    line("age", "--second");
  };
}
