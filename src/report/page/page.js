// Sorting, filtering and keyboard shortcuts. The page is complete without it.
(() => {
  const find = document.getElementById('find'), only = document.getElementById('only');
  const list = document.getElementById('list'), head = document.querySelector('.head');
  if (!list || !find || !only || !head) return;
  const rows = [...list.children].map((row, place) => ({ row, place, cells: row.firstElementChild.children, name: row.querySelector('b').textContent.toLowerCase(), about: (row.querySelector('.about')?.textContent ?? '').toLowerCase() }));
  document.querySelector('.tools').hidden = false;

  const number = (text) => {
    const found = text.replace(/[\s\u202f]/g, '').replace(/,/g, '.').match(/-?\d+(\.\d+)?(e[-+]?\d+)?/i);
    return found ? Number(found[0]) : -1;
  };
  const rank = ['stable', 'watch', 'alarm'];
  const value = {
    severity: (row) => rank.indexOf(row.row.className),
    name: (row) => row.name,
    number: (row, column) => number(row.cells[column].textContent),
    moved: (row, column) => {
      const [from, to] = row.cells[column].textContent.split('→');
      return to === undefined ? 0 : Math.abs(number(to) - number(from));
    },
  };
  let last = null;
  const sort = (button, column, by) => {
    const q = button.textContent === 'q';
    let up = by === 'name' || q;
    if (last === button) up = button.getAttribute('data-up') !== 'true';
    head.querySelectorAll('button').forEach((other) => { other.removeAttribute('data-up'); other.setAttribute('aria-pressed', 'false'); });
    button.setAttribute('data-up', String(up));
    button.setAttribute('aria-pressed', 'true');
    last = button;
    const keyed = rows.map((row) => [value[by](row, column), row]);
    keyed.sort(([a, x], [b, y]) => {
      const order = a < b ? -1 : a > b ? 1 : 0;
      return (up ? order : -order) || x.place - y.place;
    });
    list.append(...keyed.map(([, row]) => row.row));
  };
  [...head.children].forEach((cell, column) => {
    const by = cell.getAttribute('data-by');
    if (!by) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = cell.textContent;
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => sort(button, column, by));
    cell.replaceChildren(button);
  });

  const shown = document.getElementById('shown'), none = document.getElementById('none');
  const filter = () => {
    const text = find.value.trim().toLowerCase();
    let left = 0;
    for (const { row, name, about } of rows) {
      const fits = (name.includes(text) || about.includes(text)) && (!only.value || row.className === only.value);
      row.hidden = !fits;
      left += fits;
    }
    shown.textContent = left;
    none.hidden = left > 0;
  };
  find.addEventListener('input', filter);
  only.addEventListener('change', filter);
  find.form.addEventListener('submit', (event) => {
    event.preventDefault();
    const first = [...list.children].find((row) => !row.hidden);
    if (first) { first.open = true; first.firstElementChild.focus(); }
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      find.focus();
      find.select();
    } else if (event.key === 'Escape' && (find.value || only.value)) {
      find.value = only.value = '';
      filter();
    }
  });

  // A link to a feature opens it, even if the filter hides it.
  const reveal = () => {
    const row = /^#f\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!row) return;
    row.hidden = false;
    row.open = true;
    row.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  reveal();
  addEventListener('beforeprint', () => { for (const { row } of rows) if (row.className !== 'stable') row.open = true; });
})();
