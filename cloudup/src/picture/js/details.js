'use strict';
// What is known of the task that is chosen. All texts go in as texts, never as markup.
const cloudup = {
  things: JSON.parse(document.getElementById('things-data').textContent),
  links: JSON.parse(document.getElementById('links-data').textContent),
};

/** An element with attributes and children; a child that is a string is text. */
cloudup.element = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat().filter((child) => child !== null));
  return element;
};

{
  const { things, links, element } = cloudup;
  const panel = document.getElementById('chosen');
  const needs = things.map(() => []);
  const neededBy = things.map(() => []);
  for (const [first, then, why] of links) {
    needs[then].push([first, why]);
    neededBy[first].push([then, why]);
  }
  Object.assign(cloudup, { needs, neededBy });

  const before = {
    value: 'gives it a value',
    order: 'comes first',
    deletion: 'is deleted first',
    stray: 'found it',
  };
  const after = {
    value: 'takes a value from it',
    order: 'waits for it',
    deletion: 'is deleted after it',
    stray: 'was found by it',
  };
  const isAfter = (value) =>
    value !== null && typeof value === 'object' && Array.isArray(value['known-after']);
  const text = (value) => {
    if (value === undefined) return '';
    if (typeof value === 'string') return value;
    if (isAfter(value)) return `(known after ${value['known-after'].join(', ')})`;
    return JSON.stringify(value, null, 2);
  };

  /** Fields before and after; of what is new, or is to go, there is one of the two. */
  const fieldTable = (fields) => {
    const sides = [['Before', 'from'], ['After', 'to']].filter(([, side]) =>
      fields.some((field) => field[side] !== undefined),
    );
    const cell = (value) => element('td', {}, element('pre', {}, text(value)));
    const row = (field) => {
      const name = field.immutable ? `${field.field} (cannot be changed)` : field.field;
      const cells = sides.map(([, side]) => cell(field[side]));
      return element('tr', {}, element('th', { scope: 'row' }, name), cells);
    };
    const heads = ['Field', ...sides.map(([head]) => head)];
    return element(
      'table',
      {},
      element('thead', {}, element('tr', {}, heads.map((head) => element('th', { scope: 'col' }, head)))),
      element('tbody', {}, fields.map(row)),
    );
  };

  const neighbours = (heading, list, words) => {
    if (list.length === 0) return null;
    const item = ([thing, why]) =>
      element(
        'li',
        {},
        element('button', { type: 'button', 'data-thing': thing }, things[thing].task),
        ` ${words[why]}`,
      );
    const count = list.length === 1 ? '' : ` (${list.length})`;
    return [element('h4', {}, heading + count), element('ul', {}, list.map(item))];
  };

  const failure = (error) => {
    if (!error) return null;
    const causes = (error.causes ?? []).map((cause) => element('p', {}, `because: ${cause}`));
    const hint = error.hint ? element('p', {}, `hint: ${error.hint}`) : null;
    return element('div', { class: 'error' }, element('p', {}, `could not ${error.message}`), causes, hint);
  };

  const facts = ({ phase, lifecycle, rule, entry, words: comesTo }) => {
    const list = element('dl', {});
    const fact = (name, value) => {
      if (value) list.append(element('dt', {}, name), element('dd', {}, value));
    };
    fact('Plan', comesTo);
    fact('Phase', phase);
    fact('Lifecycle', lifecycle && `${lifecycle} (${rule})`);
    fact('Found', entry && entry.finding);
    fact('Found by', entry && entry.found_by);
    fact('Blocked by', entry && entry.blocked_by);
    return list;
  };

  /** Shows a task's details, or none. */
  cloudup.showDetails = (chosen) => {
    if (chosen === null) {
      panel.replaceChildren(
        element('p', { class: 'quiet' }, 'Choose a task in the list or in the picture.'),
      );
      return;
    }
    const thing = things[chosen];
    const { entry } = thing;
    const fields = entry?.changes ?? entry?.fields ?? [];
    const mark = thing.mark
      ? element('span', { class: `mark mark-${thing.mark}` }, `${thing.sign} ${thing.mark} `)
      : null;
    const notes = (entry?.notes ?? []).map((note) => element('p', {}, `note: ${note}`));
    const parts = [
      element('h3', {}, mark, thing.task),
      facts(thing),
      notes,
      failure(entry?.error ?? entry?.unreadable),
      fields.length ? fieldTable(fields) : null,
      neighbours('Needs', needs[chosen], before),
      neighbours('Needed by', neededBy[chosen], after),
    ];
    panel.replaceChildren(...parts.flat(2).filter((part) => part !== null));
  };
}
