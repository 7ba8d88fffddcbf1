const reported = new Set();

// attempt does what must not keep anything else from happening, and returns why it
// failed. The console is told once, for what fails may do so with each message.
export function attempt(work) {
  try {
    work();
    return '';
  } catch (error) {
    const why = String(error);
    if (reported.size < 100 && !reported.has(why)) {
      reported.add(why);
      reportError(error);
    }
    return why;
  }
}
