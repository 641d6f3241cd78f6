// Plots frame rate and latency of the last two minutes, each with its own scale from zero.

const SECONDS = 120;

// Return the function that adds the figures of one second and draws.
export function plot(canvas) {
  const context = canvas.getContext("2d");
  const rows = [];

  function line(name, colour) {
    const highest = Math.max(1, ...rows.map((row) => row[name]).filter(Number.isFinite)) * 1.1;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue(colour);
    context.beginPath();
    rows.forEach((row, index) => {
      if (!Number.isFinite(row[name])) return;
      const x = canvas.width * (1 - (rows.length - 1 - index) / (SECONDS - 1));
      context.lineTo(x, canvas.height * (1 - row[name] / highest));
    });
    context.stroke();
  }

  return (rate, age) => {
    rows.push({ rate, age });
    if (rows.length > SECONDS) rows.shift();
    const scale = devicePixelRatio || 1;
    Object.assign(canvas, { width: canvas.clientWidth * scale, height: canvas.clientHeight * scale });
    context.lineWidth = 1.5 * scale;
    line("rate", "--accent");
    line("age", "--second");
  };
}
