'use strict';
// The list: one stop for the tab key, and arrows within.
{
  const list = document.getElementById('list');
  const rows = new Map();
  for (const button of list.querySelectorAll('button')) {
    rows.set(Number(button.dataset.thing), button);
  }
  const shown = () => [...list.querySelectorAll('li:not([hidden]) button')];
  let stop = null;

  const stopAt = (button) => {
    if (stop) stop.tabIndex = -1;
    stop = button;
    if (stop) stop.tabIndex = 0;
  };

  list.addEventListener('keydown', (event) => {
    const buttons = shown();
    const at = buttons.indexOf(document.activeElement);
    if (at < 0) return;
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 10,
      PageUp: at - 10,
      Home: 0,
      End: buttons.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = buttons[Math.min(Math.max(to, 0), buttons.length - 1)];
    stopAt(next);
    next.focus();
  });
  list.addEventListener('focusin', (event) => stopAt(event.target));

  /** Shows the tasks of this set and no others. */
  cloudup.filterList = (wanted) => {
    for (const [thing, button] of rows) button.parentElement.hidden = !wanted.has(thing);
    for (const group of list.querySelectorAll('ul')) {
      const isEmpty = group.querySelector('li:not([hidden])') === null;
      group.hidden = isEmpty;
      group.previousElementSibling.hidden = isEmpty;
    }
    if (!stop || stop.parentElement.hidden) stopAt(shown()[0] ?? null);
  };

  /** Marks the row of a task as the one that is chosen. */
  cloudup.markRow = (chosen) => {
    list.querySelector('[aria-current]')?.removeAttribute('aria-current');
    const row = rows.get(chosen);
    if (!row) return;
    row.setAttribute('aria-current', 'true');
    row.scrollIntoView({ block: 'nearest' });
    stopAt(row);
  };
}
