// The document in short. What comes from the network becomes text, never markup.

export const $ = (id) => document.getElementById(id);

// element makes one with these properties, or this class.
export function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, typeof properties === 'string' ? { className: properties } : properties);
  made.append(...children);
  return made;
}

// arrange makes these the children of a list, and moves no more than it has to.
export function arrange(list, elements) {
  const focused = list.contains(document.activeElement) && document.activeElement;
  const wanted = new Set(elements);
  for (const each of [...list.children]) if (!wanted.has(each)) each.remove();
  let at = list.firstChild;
  for (const each of elements) {
    if (each === at) at = at.nextSibling;
    else list.insertBefore(each, at);
  }
  if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true }); // a move takes it away
}

// write leaves an equal text alone, so that it is not read out again.
export function write(to, text) {
  if (to.textContent !== text) to.textContent = text;
}

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

// inTime makes many calls one in the next frame, or soon: hidden pages have no frames.
export function inTime(work) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    const then = () => {
      waits = false;
      work();
    };
    if (document.hidden) setTimeout(then, 200);
    else requestAnimationFrame(then);
  };
}

export function hue(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 3600;
  return sum / 10;
}
