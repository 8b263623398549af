// What the bench prints: a figure a line, held against its budget, and notes.

let missed = 0;

export const note = (text) => console.log(`# ${text}`);

const digits = (value) => value.toFixed(Math.abs(value) < 100 ? 3 : 1);

export function report(kind, name, value, budget, atLeast) {
  const ok = atLeast ? value >= budget : value <= budget;
  console.log(`${kind} ${name} ${digits(value)} budget ${budget} ${ok ? 'ok' : 'short'}`);
}

// A figure that no budget is set for.
export const figure = (name, value) => console.log(`figure ${name} ${digits(value)}`);

export function missing(what, why) {
  missed++;
  note(`not measured: ${what}: ${why}`);
}

export const unmeasured = () => missed;
