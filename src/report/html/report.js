// The report's behaviour. The element "list" has what the list shows, [status, path, note, score, {kind: [added, removed, changed]},
// has rows] for each image. The rows of the nth image that has some are the element "rN", parsed when somebody opens the image or
// searches for what is in it: {"n": [[label, text]], "f": [[fact, old, new]], "g": [[kind, ["+name", detail]...]]}.
// This script runs before the browser has read any rows: what needs some waits for them.
// Names come from hostile files: they are only ever put into text nodes.
'use strict';
(() => {
  const PAGE = 250;        // images put into the page at once
  const ROWS = 200;        // rows of one group shown at once
  const SLICE = 12;        // milliseconds of searching between two breaths
  const ORDER = ['updated', 'added', 'removed', 'moved', 'rebuilt', 'failed', 'unchanged'];

  const $ = id => document.getElementById(id);
  const number = new Intl.NumberFormat('en');
  const counted = count => number.format(count) + (count === 1 ? ' image' : ' images');
  const make = (tag, props, ...children) => {
    const element = Object.assign(document.createElement(tag), props);
    element.append(...children);
    return element;
  };

  const header = JSON.parse($('header').textContent);
  const summary = JSON.parse($('summary').textContent);

  let withRows = 0;
  const images = JSON.parse($('list').textContent).map(([status, path, note, score, kinds, has], at) => {
    let changes = 0;
    for (const kind in kinds) changes += kinds[kind][0] + kinds[kind][1] + kinds[kind][2];
    return {at, rows: has ? withRows++ : -1, status, path, note, score, kinds, changes, lower: path.toLowerCase(), has: Boolean(has), matches: 0};
  });
  $('list').remove();

  let loaded = false;
  /// The rows of an image as text; null while they are not read. An element is whole when the next one has begun. The most relevant
  /// images come first, in the list and here.
  const rowsText = image => {
    if (!loaded && !$('r' + (image.rows + 1))) return null;
    return $('r' + image.rows)?.textContent ?? '{"n":[],"f":[],"g":[]}';
  };

  const state = {query: '', status: null, kind: null, sort: 'relevance', list: [], shown: 0, searching: 0, opened: new Set()};

  // ---- Text that cannot lie: control characters and those that turn the writing direction are shown by their number.
  const ODD = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  const plain = (parent, text) => {
    let from = 0;
    for (const hit of text.matchAll(ODD)) {
      if (hit.index > from) parent.append(text.slice(from, hit.index));
      const code = hit[0].codePointAt(0).toString(16).toUpperCase();
      parent.append(make('span', {className: 'odd', textContent: code.length <= 2 ? '\\x' + code.padStart(2, '0') : '\\u' + code.padStart(4, '0')}));
      from = hit.index + hit[0].length;
    }
    if (from < text.length) parent.append(text.slice(from));
    return parent;
  };
  const marked = (parent, text, query) => {
    if (!query) return plain(parent, text);
    const lower = text.toLowerCase();
    let from = 0;
    if (lower.length === text.length) {
      for (let at = lower.indexOf(query); at >= 0; at = lower.indexOf(query, from)) {
        plain(parent, text.slice(from, at));
        parent.append(plain(make('mark'), text.slice(at, at + query.length)));
        from = at + query.length;
      }
    }
    return plain(parent, text.slice(from));
  };

  const sums = ([added, removed, changed]) => {
    const box = make('span', {className: 'sums'});
    const add = (sign, count, name, word) => {
      if (!count) return;
      if (box.firstChild) box.append(' ');
      box.append(make('span', {className: name, title: number.format(count) + ' ' + word}, sign + number.format(count)));
    };
    add('+', added, 'plus', 'added');
    add('−', removed, 'minus', 'removed');
    add('~', changed, 'change', 'changed');
    return box;
  };

  // ---- Overview
  const showOverview = () => {
    const side = firmware => firmware.name + ' (' + counted(firmware.images) +
      (firmware.failed ? ', ' + number.format(firmware.failed) + ' failed' : '') +
      (firmware.platform ? ', ' + [firmware.platform, firmware.os_version].filter(Boolean).join(' ') : '') + ')';
    plain($('sides'), side(header.old) + '  →  ' + side(header.new));
    const counts = new Map();
    for (const image of images) counts.set(image.status, (counts.get(image.status) || 0) + 1);
    counts.set('unchanged', summary.unchanged);
    const names = [...new Set([...ORDER.filter(name => counts.has(name) || name !== 'moved'), ...counts.keys()])];
    const total = [...counts.values()].reduce((a, b) => a + b, 0) || 1;
    for (const name of names) {
      const count = counts.get(name) || 0;
      const tile = make('button', {type: 'button', className: 'tile ' + name, disabled: name === 'unchanged' || !count},
        make('b', {textContent: number.format(count)}), make('span', {textContent: name}));
      tile.setAttribute('aria-pressed', 'false');
      tile.dataset.status = name;
      tile.addEventListener('click', () => { state.status = state.status === name ? null : name; refresh(); });
      $('statuses').append(tile);
      if (!count) continue;
      const part = make('i', {className: name, title: name});
      part.style.flex = String(count / total);
      $('bar').append(part);
    }
    const kinds = new Map();
    for (const image of images)
      for (const kind in image.kinds) {
        const sum = kinds.get(kind) || [0, 0, 0];
        image.kinds[kind].forEach((count, i) => { sum[i] += count; });
        kinds.set(kind, sum);
      }
    const most = Math.max(1, ...[...kinds.values()].map(sum => sum[0] + sum[1] + sum[2]));
    for (const [kind, sum] of kinds) {
      const track = make('span', {className: 'track'});
      ['plus', 'minus', 'change'].forEach((name, i) => {
        if (!sum[i]) return;
        const part = make('i', {className: name});
        // By root: one kind is often a thousand times another.
        part.style.width = Math.max(1, 100 * Math.sqrt((sum[0] + sum[1] + sum[2]) / most) * sum[i] / (sum[0] + sum[1] + sum[2])) + '%';
        track.append(part);
      });
      const button = make('button', {type: 'button', className: 'kind'}, make('span', {textContent: kind}), track, sums(sum));
      button.setAttribute('aria-pressed', 'false');
      button.dataset.kind = kind;
      button.addEventListener('click', () => { state.kind = state.kind === kind ? null : kind; refresh(); });
      $('kinds').append(button);
    }
    const noise = Object.entries(summary.suppressed).filter(([, count]) => count).map(([rule, count]) => number.format(count) + ' by ' + rule);
    if (noise.length) $('noise').textContent = 'Left out as noise: ' + noise.join(', ') + '.';
  };

  // ---- One image
  const fillGroup = (group, rows, query) => {
    const list = make('ul', {className: 'rows'});
    const hits = query ? rows.filter(row => row[0].toLowerCase().includes(query) || row[1].toLowerCase().includes(query)) : rows;
    let shown = 0;
    const more = make('button', {type: 'button'});
    const add = count => {
      for (const until = Math.min(hits.length, shown + count); shown < until; ++shown) {
        const [name, detail] = hits[shown];
        const sign = name[0];
        const item = make('li', {className: sign === '+' ? 'plus' : sign === '-' ? 'minus' : 'change'});
        item.dataset.sign = sign === '-' ? '−' : sign;
        const what = marked(make('span', {className: 'what'}), name.slice(1), query);
        if (detail) what.append(marked(make('span', {className: 'more'}), detail, query));
        item.append(make('span', {className: 'hidden', textContent: sign === '+' ? 'added: ' : sign === '-' ? 'removed: ' : 'changed: '}), what);
        list.append(item);
      }
      more.hidden = shown === hits.length;
      more.textContent = 'Show ' + number.format(Math.min(5 * ROWS, hits.length - shown)) + ' more of ' + number.format(hits.length);
    };
    add(ROWS);
    more.addEventListener('click', () => add(5 * ROWS));
    group.append(list, more);
    if (hits.length !== rows.length) {
      const all = make('button', {type: 'button', textContent: 'Show all ' + number.format(rows.length) + ' rows'});
      all.addEventListener('click', () => { list.remove(); more.remove(); all.remove(); fillGroup(group, rows, ''); });
      group.append(all);
    }
    return hits.length;
  };

  const fillBody = (image, box) => {
    const text = rowsText(image);
    if (text === null) {
      box.textContent = 'Reading…';
      setTimeout(() => { if (box.isConnected) fillBody(image, box); }, 50);
      return;
    }
    box.textContent = '';
    const data = JSON.parse(text);
    const query = image.matches ? state.query : '';
    for (const [label, text] of data.n) box.append(plain(make('p', {className: 'muted'}, make('b', {textContent: label + '  '})), text));
    if (data.f.length) {
      const table = make('table');
      for (const [fact, before, after] of data.f)
        table.append(make('tr', {}, make('th', {scope: 'row', textContent: fact.replaceAll('_', ' ')}),
          plain(make('td'), before || '(none)'), make('td', {textContent: '→'}), plain(make('td'), after || '(none)')));
      box.append(table);
    }
    for (const [kind, ...rows] of data.g) {
      const group = make('details', {className: 'group', open: true});
      group.append(make('summary', {}, kind, sums(image.kinds[kind])));
      if (!fillGroup(group, rows, query) && query) group.open = false;
      box.append(group);
    }
    const link = make('a', {textContent: 'Link to this image', href: '#' + encodeURIComponent(image.path)});
    box.append(make('p', {className: 'muted'}, link));
  };

  const rowOf = image => {
    const slash = image.path.lastIndexOf('/');
    const name = marked(make('b'), image.path.slice(slash + 1), state.query);
    const place = marked(make('small'), image.path.slice(0, slash + 1), state.query);
    const right = make('span', {className: 'right'});
    const all = [0, 0, 0];
    for (const kind in image.kinds) image.kinds[kind].forEach((count, i) => { all[i] += count; });
    right.append(sums(all));
    if (image.matches) right.append(make('div', {className: 'matches', textContent: number.format(image.matches) + (image.matches === 1 ? ' match' : ' matches')}));
    const title = make('span', {className: 'name'}, name, place);
    if (image.note) title.append(plain(make('small'), image.note));
    const parts = [make('span', {className: 'status', textContent: image.status}), title, right];
    if (!image.has) return make('div', {className: 'image bare ' + image.status}, ...parts);
    const row = make('details', {className: 'image ' + image.status}, make('summary', {}, ...parts));
    row.addEventListener('toggle', () => {
      if (!row.open) { state.opened.delete(image); return; }
      state.opened.add(image);
      if (row.children.length > 1) return;
      const box = make('div', {className: 'body'});
      row.append(box);
      fillBody(image, box);
    });
    if (state.opened.has(image)) row.open = true;
    return row;
  };

  // ---- The list
  const showMore = count => {
    const page = document.createDocumentFragment();
    for (const until = Math.min(state.list.length, state.shown + count); state.shown < until; ++state.shown)
      page.append(rowOf(state.list[state.shown]));
    $('images').append(page);
  };
  const compare = {
    path: (a, b) => a.path < b.path ? -1 : 1,
    changes: (a, b) => b.changes - a.changes || a.at - b.at,
    relevance: (a, b) => b.score - a.score || b.changes - a.changes || a.at - b.at,
  };
  const passes = image => (!state.status || image.status === state.status) && (!state.kind || state.kind in image.kinds);
  const showList = () => {
    state.list.sort(compare[state.sort]);
    state.shown = 0;
    $('images').replaceChildren();
    showMore(PAGE);
  };
  const say = searching => {
    const count = state.list.length;
    $('shown').textContent = number.format(count) + ' of ' + counted(images.length) +
      (searching ? ' so far, searching what is in them…' : '') + (count === 0 && !searching ? ': nothing fits.' : '');
    $('images').setAttribute('aria-busy', String(searching));
    if (!searching) $('images').dataset.searched = state.query;
  };

  /// Rows of an image that hold the query; 0 without parsing when its text does not.
  const countMatches = (text, raw, query) => {
    if (!raw.test(text)) return 0;
    let matches = 0;
    for (const [, ...rows] of JSON.parse(text).g)
      for (const [name, detail] of rows)
        if (name.toLowerCase().includes(query) || detail.toLowerCase().includes(query)) ++matches;
    return matches;
  };

  const search = candidates => {
    const ticket = ++state.searching;
    const query = state.query;
    for (const image of images) image.matches = 0;
    state.list = candidates.filter(image => !query || image.lower.includes(query));
    showList();
    if (query.length < 2) { say(false); return; }
    // The text is searched as it stands, so the query is written as it would stand there.
    const stands = JSON.stringify(query).slice(1, -1).replaceAll('<', '\\u003c').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const raw = new RegExp(stands, 'i');
    const listed = new Set(state.list);
    let at = 0;
    const slice = () => {
      if (ticket !== state.searching) return;
      const until = performance.now() + SLICE;
      while (at < candidates.length && performance.now() < until) {
        const image = candidates[at];
        const text = image.has ? rowsText(image) : '';
        if (text === null) break;
        ++at;
        if (!image.has) continue;
        image.matches = countMatches(text, raw, query);
        if (image.matches && !listed.has(image)) state.list.push(image);
      }
      say(at < candidates.length);
      if (at < candidates.length) setTimeout(slice, loaded ? 0 : 30);
      else showList();
    };
    say(true);
    setTimeout(slice, 0);
  };

  const refresh = () => {
    for (const tile of document.querySelectorAll('[data-status]')) tile.setAttribute('aria-pressed', String(tile.dataset.status === state.status));
    for (const kind of document.querySelectorAll('[data-kind]')) kind.setAttribute('aria-pressed', String(kind.dataset.kind === state.kind));
    search(images.filter(passes));
  };

  const reset = () => {
    $('search').value = state.query = '';
    state.status = state.kind = null;
    refresh();
  };

  const openHash = () => {
    let path = '';
    try { path = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const image = images.find(candidate => candidate.path === path);
    if (!image) return;
    reset();
    state.opened.add(image);
    showMore(state.list.indexOf(image) + 1 - state.shown);
    const row = $('images').children[state.list.indexOf(image)];
    row.open = true;
    row.scrollIntoView({block: 'start'});
    (row.querySelector('summary') || row).focus();
  };

  // ---- Input
  const step = by => {
    const rows = [...document.querySelectorAll('.image > summary')];
    const now = rows.indexOf(document.activeElement?.closest?.('.image')?.querySelector('summary'));
    const next = rows[Math.max(0, Math.min(rows.length - 1, now + by))];
    if (next) { next.focus(); next.scrollIntoView({block: 'nearest'}); }
  };
  const nextTheme = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    try { localStorage.setItem('strata-theme', root.dataset.theme); } catch { /* files may not keep anything */ }
  };
  const keys = {
    '/': () => { $('search').focus(); $('search').select(); },
    j: () => step(1), k: () => step(-1), t: nextTheme, '?': () => $('keys').showModal(),
    c: () => { for (const row of document.querySelectorAll('.image[open]')) row.open = false; },
    Escape: reset,
  };
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || $('keys').open) return;
    const typing = event.target.matches('input, select, textarea');
    if (typing && event.key !== 'Escape') return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    if (typing) event.target.blur();
    action();
  });
  let typing = 0;
  $('search').addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.query = $('search').value.trim().toLowerCase(); refresh(); }, 60);
  });
  $('tools').addEventListener('submit', event => event.preventDefault());
  $('sort').addEventListener('change', () => { state.sort = $('sort').value; showList(); });
  $('clear').addEventListener('click', reset);
  $('theme').addEventListener('click', nextTheme);
  $('help').addEventListener('click', () => $('keys').showModal());
  new IntersectionObserver(seen => { if (seen.some(entry => entry.isIntersecting)) showMore(PAGE); }, {rootMargin: '800px'}).observe($('more'));
  addEventListener('beforeprint', () => showMore(state.list.length));
  addEventListener('hashchange', openHash);
  document.addEventListener('DOMContentLoaded', () => {
    loaded = true;
    document.documentElement.dataset.loaded = String(Math.round(performance.now()));
  });

  try {
    const theme = localStorage.getItem('strata-theme');
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  } catch { /* no storage for files: the system's theme */ }
  showOverview();
  $('loading').remove();
  $('main').hidden = false;
  refresh();
  openHash();
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
})();
