// Waiting for what comes true by itself. Nothing here waits for a fixed time and hopes.

// On a machine that has much else to do, EFFIGY_PATIENCE=3 waits three times as long for everything.
export const SLOWNESS = Number(process.env.EFFIGY_PATIENCE ?? 1);
export const PATIENCE_MS = 20_000 * SLOWNESS;

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Asks until the answer is neither false nor undefined nor null, and returns it. What the question throws last is part of the
// error, because it is usually the reason.
export async function until(what, ask, patience = 20_000) {
  const end = Date.now() + patience * SLOWNESS;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined && answer !== null) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${patience / 1000} s in vain: ${what}${last ? ` (${last.message})` : ""}`, { cause: last });
    }
    await pause(100);
  }
}

// Fails with this sentence when the promise takes longer.
export function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
