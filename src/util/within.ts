/** What a promise comes to, or `late` where it has not settled after so many ms. What it comes to later is nobody's. */
export function within<Value, Late>(promise: Promise<Value>, ms: number, late: Late): Promise<Value | Late> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<Late>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  return Promise.race([promise, over]).finally(() => clearTimeout(timer));
}
