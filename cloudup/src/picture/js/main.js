'use strict';
// What is chosen and filtered; it stands in the address, so that a link leads to the same view.
{
  const { things } = cloudup;
  const form = document.getElementById('filters');
  const search = document.getElementById('search');
  const kind = document.getElementById('kind');
  const phase = document.getElementById('phase');
  const marks = [...form.querySelectorAll('#marks input')];
  const count = document.getElementById('count');
  const panel = document.getElementById('chosen');
  let chosen = null;
  let cameFrom = null;

  const filter = () => {
    const needle = search.value.trim().toLowerCase();
    const on = new Set(marks.filter((mark) => mark.checked).map((mark) => mark.value));
    const isWanted = (thing) =>
      thing.task.toLowerCase().includes(needle) &&
      (kind.value === '' || thing.task.startsWith(`${kind.value}/`)) &&
      (phase.value === '' || thing.phase === phase.value) &&
      (thing.mark === null || on.has(thing.mark));
    const wanted = new Set([...things.keys()].filter((at) => isWanted(things[at])));
    cloudup.filterList(wanted);
    cloudup.filterPicture(wanted);
    count.textContent = `${wanted.size} of ${things.length} shown`;
  };

  const write = () => {
    const state = new URLSearchParams();
    if (search.value) state.set('search', search.value);
    if (kind.value) state.set('kind', kind.value);
    if (phase.value) state.set('phase', phase.value);
    const off = marks.filter((mark) => !mark.checked).map((mark) => mark.value);
    if (off.length) state.set('without', off.join(','));
    if (chosen !== null) state.set('task', things[chosen].task);
    const fragment = state.toString();
    history.replaceState(null, '', fragment ? `#${fragment}` : location.pathname + location.search);
  };

  const read = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    search.value = state.get('search') ?? '';
    kind.value = state.get('kind') ?? '';
    phase.value = state.get('phase') ?? '';
    // What is not among the choices is no choice.
    for (const select of [kind, phase]) if (select.selectedIndex < 0) select.selectedIndex = 0;
    const off = (state.get('without') ?? '').split(',');
    for (const mark of marks) mark.checked = !off.includes(mark.value);
    filter();
    const at = things.findIndex(({ task }) => task === state.get('task'));
    choose(at < 0 ? null : at);
  };

  const choose = (thing, { focus = false } = {}) => {
    chosen = thing;
    cloudup.showDetails(thing);
    cloudup.markRow(thing);
    cloudup.markThing(thing);
    panel.scrollTop = 0;
    if (focus) {
      cameFrom = document.activeElement;
      panel.focus();
    }
  };
  /** Shows a task's details; with `focus`, the keyboard goes there and Escape leads back. */
  cloudup.choose = (thing, options) => {
    choose(thing, options);
    write();
  };

  const chooseByClick = (event) => {
    const button = event.target.closest('button[data-thing]');
    if (!button) return;
    // A click without a pointer comes from the keyboard.
    const focus = event.detail === 0;
    cloudup.choose(Number(button.dataset.thing), { focus });
  };
  document.getElementById('list').addEventListener('click', chooseByClick);
  panel.addEventListener('click', chooseByClick);
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !cameFrom?.isConnected) return;
    event.preventDefault();
    cameFrom.focus();
  });

  form.addEventListener('input', () => {
    filter();
    write();
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => {
    // The form has its first values only after this event.
    setTimeout(() => {
      filter();
      write();
    });
  });
  window.addEventListener('hashchange', () => {
    // A link to a part of the page changes nothing of what is shown.
    if (location.hash === '' || location.hash.includes('=')) read();
  });
  form.hidden = false;
  read();
}
