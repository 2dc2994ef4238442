'use strict';
// The picture: moved by hand, zoomed by wheel, buttons and keys, walked along with arrows.
{
  const svg = document.getElementById('picture');
  const whole = svg.viewBox.baseVal;
  const full = { x: 0, y: 0, width: whole.width, height: whole.height };
  const nodes = new Map();
  for (const node of svg.querySelectorAll('.thing')) nodes.set(Number(node.dataset.thing), node);
  const lines = [...svg.querySelectorAll('.link')];
  let view = { ...full };
  let stop = null;

  /** How many units of the picture a pixel of the screen is. */
  const scale = () => {
    const { width, height } = svg.getBoundingClientRect();
    return Math.max(view.width / Math.max(width, 1), view.height / Math.max(height, 1));
  };
  const show = () => {
    svg.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
    svg.classList.toggle('far', scale() > 4);
  };
  const zoom = (factor, about) => {
    const centre = about ?? { x: view.x + view.width / 2, y: view.y + view.height / 2 };
    const width = Math.min(Math.max(view.width * factor, 200), full.width * 4);
    const by = width / view.width;
    view = {
      x: centre.x - (centre.x - view.x) * by,
      y: centre.y - (centre.y - view.y) * by,
      width,
      height: view.height * by,
    };
    show();
  };
  const fit = () => {
    view = { ...full };
    show();
  };
  const place = (node) => {
    const { e: x, f: y } = node.transform.baseVal.consolidate().matrix;
    return { x, y };
  };
  /** Moves the picture so that a thing can be read. */
  const bringIntoView = (node) => {
    if (scale() > 1.6) zoom(1 / scale());
    const { x, y } = place(node);
    const visible = { width: svg.clientWidth * scale(), height: svg.clientHeight * scale() };
    const left = view.x + (view.width - visible.width) / 2;
    const top = view.y + (view.height - visible.height) / 2;
    const { width, height } = node.querySelector('rect').getBBox();
    const isIn =
      x > left && x + width < left + visible.width && y > top && y + height < top + visible.height;
    if (isIn) return;
    view.x = x + (width - view.width) / 2;
    view.y = y + (height - view.height) / 2;
    show();
  };
  const stopAt = (node) => {
    stop?.setAttribute('tabindex', '-1');
    stop = node;
    stop?.setAttribute('tabindex', '0');
  };
  const go = (thing) => {
    if (thing === undefined) return;
    const node = nodes.get(thing);
    stopAt(node);
    bringIntoView(node);
    node.focus({ preventScroll: true });
  };

  /** The nearest shown thing of the same column, above or below. */
  const beside = (thing, direction) => {
    const { x, y } = place(nodes.get(thing));
    let best;
    for (const [other, node] of nodes) {
      const at = place(node);
      const distance = (at.y - y) * direction;
      if (node.classList.contains('off') || at.x !== x || distance <= 0) continue;
      if (best === undefined || distance < best.distance) best = { other, distance };
    }
    return best?.other;
  };
  const isShown = ([thing]) => !nodes.get(thing).classList.contains('off');

  svg.addEventListener('keydown', (event) => {
    const node = event.target.closest('.thing');
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const thing = Number(node.dataset.thing);
    const does = {
      ArrowLeft: () => go(cloudup.needs[thing].find(isShown)?.[0]),
      ArrowRight: () => go(cloudup.neededBy[thing].find(isShown)?.[0]),
      ArrowUp: () => go(beside(thing, -1)),
      ArrowDown: () => go(beside(thing, 1)),
      Enter: () => cloudup.choose(thing, { focus: true }),
      ' ': () => cloudup.choose(thing, { focus: true }),
      '+': () => zoom(0.8),
      '-': () => zoom(1.25),
      0: fit,
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  document.getElementById('zoom').addEventListener('click', (event) => {
    const does = { in: () => zoom(0.8), out: () => zoom(1.25), fit }[event.target.value];
    does?.();
  });
  svg.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const { left, top, width, height } = svg.getBoundingClientRect();
      const unit = scale();
      zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, {
        x: view.x + view.width / 2 + (event.clientX - left - width / 2) * unit,
        y: view.y + view.height / 2 + (event.clientY - top - height / 2) * unit,
      });
    },
    { passive: false },
  );

  let grip = null;
  let hasMoved = false;
  svg.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    grip = { x: event.clientX, y: event.clientY, view: { ...view } };
    hasMoved = false;
  });
  window.addEventListener('pointermove', (event) => {
    if (!grip) return;
    const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y];
    // A click is seldom quite still.
    hasMoved ||= Math.hypot(dx, dy) > 4;
    if (!hasMoved) return;
    svg.classList.add('moving');
    view.x = grip.view.x - dx * scale();
    view.y = grip.view.y - dy * scale();
    show();
  });
  window.addEventListener('pointerup', () => {
    grip = null;
    svg.classList.remove('moving');
  });
  svg.addEventListener('click', (event) => {
    const node = event.target.closest('.thing');
    if (node && !hasMoved) cloudup.choose(Number(node.dataset.thing));
  });

  /** Dims what is not in this set. */
  cloudup.filterPicture = (wanted) => {
    for (const [thing, node] of nodes) node.classList.toggle('off', !wanted.has(thing));
    for (const line of lines) {
      const isOn = wanted.has(Number(line.dataset.first)) && wanted.has(Number(line.dataset.then));
      line.classList.toggle('off', !isOn);
    }
    if (!stop || stop.classList.contains('off')) stopAt(svg.querySelector('.thing:not(.off)'));
  };

  /** Shows which thing is chosen, and its links. */
  cloudup.markThing = (chosen) => {
    svg.querySelector('.thing[aria-current]')?.removeAttribute('aria-current');
    for (const line of lines) {
      const { first, then } = line.dataset;
      line.classList.toggle('on', Number(first) === chosen || Number(then) === chosen);
    }
    const node = nodes.get(chosen);
    if (!node) return;
    node.setAttribute('aria-current', 'true');
    stopAt(node);
    bringIntoView(node);
  };
  window.addEventListener('resize', show);
  document.getElementById('zoom').hidden = false;
  show();
}
