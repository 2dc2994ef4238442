'use strict';
// Search and choice among the entries; links that lead to one that is not shown show it.
{
  const all = [...document.querySelectorAll('.entry')];
  const form = document.getElementById('filters');
  if (form) {
    const search = document.getElementById('search');
    const marks = [...form.querySelectorAll('input[type="checkbox"]')];
    const count = document.getElementById('count');
    const groups = [...document.querySelectorAll('#entries .kind'), ...document.querySelectorAll('#entries .phase')];
    const texts = new Map(all.map((entry) => {
      const kind = entry.closest('.kind').querySelector('h4').textContent;
      return [entry, `${kind}/${entry.textContent}`.toLowerCase()];
    }));
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = new Set(marks.filter((mark) => mark.checked).map((mark) => mark.value));
      let shown = 0;
      for (const entry of all) {
        const text = texts.get(entry);
        const fits = wanted.has(entry.dataset.mark) && words.every((word) => text.includes(word));
        entry.hidden = !fits;
        shown += fits;
      }
      for (const group of groups) group.hidden = !group.querySelector('.entry:not([hidden])');
      count.textContent = `${shown} of ${all.length} shown`;
    };
    const show = () => {
      const entry = document.getElementById(location.hash.slice(1));
      if (!entry?.classList.contains('entry')) return;
      if (entry.hidden) {
        search.value = '';
        for (const mark of marks) mark.checked ||= mark.value === entry.dataset.mark;
        filter();
      }
      entry.open = true;
      // The middle of an entry that is higher than the window says nothing.
      const summary = entry.querySelector('summary');
      summary.scrollIntoView({ block: 'center' });
      summary.focus({ preventScroll: true });
    };
    form.hidden = false;
    form.addEventListener('submit', (event) => event.preventDefault());
    search.addEventListener('input', filter);
    for (const mark of marks) mark.addEventListener('change', filter);
    const fold = (open) => () => all.forEach((entry) => { if (!entry.hidden) entry.open = open; });
    document.getElementById('open').addEventListener('click', fold(true));
    document.getElementById('close').addEventListener('click', fold(false));
    document.addEventListener('keydown', (event) => {
      const typing = event.target.matches('input, select, textarea');
      if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        search.focus();
      } else if (event.key === 'Escape' && event.target === search) {
        search.value = '';
        filter();
      }
    });
    addEventListener('hashchange', show);
    // A link that leads where one is already leads there again.
    document.addEventListener('click', (event) => {
      if (event.target.closest?.('a')?.hash === location.hash && location.hash) show();
    });
    filter();
    show();
  }
  const only = document.getElementById('only');
  if (only) {
    document.getElementById('only-label').hidden = false;
    only.addEventListener('change', () => {
      for (const row of document.querySelectorAll('.rows .row:not(.critical)')) row.hidden = only.checked;
    });
  }
}
