// The document in short. What comes from the network becomes text, never markup.

export const $ = (id) => document.getElementById(id);

// element makes one with these properties, or this class.
export function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, typeof properties === 'string' ? { className: properties } : properties);
  made.append(...children);
  return made;
}

// button makes one that does a thing; said: what it is called, if not by its sign.
export function button(what, value, sign, said) {
  const made = element('button', said ? { ariaLabel: said, title: said } : {}, sign);
  made.dataset[what] = value;
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
