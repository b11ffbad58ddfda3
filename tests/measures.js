// All that can be measured of a page as it stands at the moment. A number is a measure; of a list of what is wrong its
// length is, and its entries are what a failing test says.
() => {
  const main = document.querySelector('main') || document.body;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const inSight = element => element.checkVisibility({visibilityProperty: true}) && element.getClientRects().length > 0;
  const said = element => element.textContent.replace(/\s+/g, ' ').trim();
  const brief = element => `${element.tagName.toLowerCase()} "${said(element).slice(0, 50)}"`;
  const style = element => getComputedStyle(element);
  const channels = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const seenThrough = colour => colour === 'none' || channels(colour)[3] === 0 || !channels(colour).length;
  const luminance = colour => channels(colour).slice(0, 3).map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const contrast = (one, other) => (Math.max(luminance(one), luminance(other)) + 0.05) / (Math.min(luminance(one), luminance(other)) + 0.05);
  const figures = all('figure').filter(inSight), drawings = all('figure svg').filter(inSight);
  const tables = all('table').filter(inSight);
  const rows = table => all('tbody tr:not(.total)', table).filter(inSight);
  const decides = table => Boolean(table.closest('.decision'));
  const columns = table => Math.max(0, ...[...table.rows].map(row => [...row.cells].filter(inSight).length));
  const most = numbers => Math.max(0, ...numbers);

  // Labels of figures: against each other, against the frame, in letters that can be read.
  const paper = style(document.documentElement).backgroundColor;
  const filled = (mark, x, y) => !mark.isPointInFill || mark.isPointInFill(new DOMPoint(x, y).matrixTransform(mark.getScreenCTM().inverse()));
  const overlapping = [], cut = [], shortened = [], faint = [], sizes = [];
  for (const drawing of drawings) {
    const frame = drawing.getBoundingClientRect();
    const scale = frame.width / (drawing.viewBox.baseVal?.width || frame.width);
    const labels = all('text', drawing).filter(label => said(label) && inSight(label)).map(
      label => ({label, box: label.getBoundingClientRect(), size: parseFloat(style(label).fontSize) * scale}));
    const marks = all('path, rect, circle, use', drawing).filter(mark => !mark.closest('defs')).map(
      mark => ({mark, box: mark.getBoundingClientRect()})).filter(({mark}) => !seenThrough(style(mark).fill) && style(mark).fillOpacity > 0.5);
    for (const [at, {label, box, size}] of labels.entries()) {
      sizes.push({element: label, size});
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        cut.push(said(label));
      if (said(label).endsWith('…')) shortened.push(said(label));
      const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
      const below = marks.filter(({mark, box: area}) => area.left <= x && x <= area.right && area.top <= y && y <= area.bottom
        && mark.compareDocumentPosition(label) & Node.DOCUMENT_POSITION_FOLLOWING && filled(mark, x, y)).at(-1);
      const ratio = contrast(style(label).fill, below ? style(below.mark).fill : paper);
      if (ratio < 4.5) faint.push(`${ratio.toFixed(1)} : 1 ${said(label)}`);
      for (const other of labels.slice(at + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        // a good third of a line's height is white
        if (across > 1 && down > 0.4 * Math.min(box.height, other.box.height)) overlapping.push(`${said(label)} × ${said(other.label)}`);
      }
    }
  }
  for (const cell of all('th, td').filter(inSight)) if (said(cell).endsWith('…')) shortened.push(said(cell));

  // Letters of the text around the figures, once per element that has text of its own.
  const writing = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const parents = new Set();
  while (writing.nextNode()) if (writing.currentNode.data.trim()) parents.add(writing.currentNode.parentElement);
  for (const element of parents) {
    if (element.closest('svg, style, script') || !inSight(element)) continue;
    let ground = element;
    while (ground && seenThrough(style(ground).backgroundColor)) ground = ground.parentElement;
    const {color, fontSize, fontWeight} = style(element), size = parseFloat(fontSize);
    const ratio = contrast(color, ground ? style(ground).backgroundColor : paper);
    if (ratio < (size >= 24 || size >= 18.66 && fontWeight >= 700 ? 3 : 4.5)) faint.push(`${ratio.toFixed(1)} : 1 ${brief(element)}`);
    sizes.push({element, size});
  }

  const scrolls = element => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(style(element).overflowX);
  const clips = element => /hidden|clip/.test(style(element).overflowX) && element.scrollWidth > element.clientWidth + 1 && !element.closest('svg');
  const elements = all('body *').filter(element => !element.closest('svg') && inSight(element));
  cut.push(...elements.filter(clips).map(brief));
  const edge = document.documentElement.clientWidth;

  // Sentences in sight, outside tables and figures: what is said a second time.
  const seen = new Set(), twice = [];
  for (const block of all('h1, h2, h3, p, li, dd, dt, .message', main)) {
    if (!inSight(block) || block.querySelector('p, li, dd, .message') || block.closest('table, svg, .source')) continue;
    for (const sentence of block.innerText.split(/(?<=[.!?])\s+/)) {
      const plain = sentence.replace(/\s+/g, ' ').replace(/[\s.!?:]+$/, '').trim();
      if (plain.length < 30) continue;
      if (seen.has(plain)) twice.push(plain);
      seen.add(plain);
    }
  }

  // Headings with nothing below them, folds with nothing inside.
  const level = element => /^H\d$/.test(element.tagName) ? Number(element.tagName[1]) : 0;
  const empty = [], walk = document.createTreeWalker(main, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  let open = null;
  while (walk.nextNode()) {
    const node = walk.currentNode, element = node.nodeType === 3 ? node.parentElement : node;
    if (node.nodeType === 1 && level(node)) {
      if (open && level(node) <= level(open)) empty.push(brief(open));
      open = node;
    } else if (open && !open.contains(element) && (node.nodeType === 3 ? node.data.trim() : /^(svg|img)$/i.test(node.tagName))) open = null;
  }
  if (open) empty.push(brief(open));
  for (const fold of all('details', main)) {
    const heads = all('summary', fold).reduce((length, summary) => length + said(summary).length, 0);
    if (said(fold).replace(/\s/g, '').length <= heads && !fold.querySelector('svg, img')) empty.push(brief(fold));
  }

  const headings = all('h1, h2, h3, h4, h5, h6').map(heading => heading.tagName);
  const unsound = [];
  if (headings[0] !== 'H1' || headings.filter(name => name === 'H1').length !== 1 || headings.some(name => !/H[12]/.test(name)))
    unsound.push(`headings ${headings.join(' ')}`);
  for (const landmark of ['header', 'nav', 'main', ...(document.querySelector('.customer') ? [] : ['footer'])])  // nothing of ours is told a customer
    if (document.querySelectorAll(landmark).length !== 1) unsound.push(`${document.querySelectorAll(landmark).length} ${landmark}`);
  for (const table of all('table')) {
    const name = table.caption && said(table.caption) || brief(table);
    if (!table.caption || !said(table.caption)) unsound.push(`no caption: ${name}`);
    if (!table.tHead || all('th', table.tHead).some(cell => cell.scope !== 'col')) unsound.push(`heads of columns: ${name}`);
    if ([...table.tBodies].some(body => [...body.rows].some(row => all('th[scope=row]', row).length !== 1))) unsound.push(`heads of rows: ${name}`);
  }
  if (document.scripts.length) unsound.push(`${document.scripts.length} scripts`);
  if (!document.querySelector('meta[http-equiv=Content-Security-Policy]')) unsound.push('no policy against what comes from outside');

  const title = document.querySelector('h1'), contents = document.querySelector('nav');
  const interactive = 'a, button, input, select, textarea, summary';
  const smallest = sizes.reduce((least, one) => one.size < least.size ? one : least, {size: 99});
  return {
    height: document.documentElement.scrollHeight,
    words: document.body.innerText.split(/\s+/).filter(Boolean).length,
    tables: tables.length,
    rows: most(tables.filter(table => !decides(table)).map(table => rows(table).length)),
    decisions: most(tables.filter(decides).map(table => rows(table).length)),
    columns: most(tables.map(columns)),
    figures: figures.length,
    type: smallest.size,
    small: sizes.filter(({size}) => size < 6.5 / 0.75 - 0.01).map(({element, size}) => `${(size * 0.75).toFixed(1)} pt ${brief(element)}`),
    fine: sizes.filter(({element, size}) => element.closest('svg') && size < 10.99).map(({element, size}) => `${size.toFixed(1)} px ${said(element)}`),
    overflow: Math.max(0, document.documentElement.scrollWidth - edge),
    scrolling: elements.filter(scrolls).map(brief),
    outside: drawings.filter(one => one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > edge + 1).map(one => one.getAttribute('aria-label')),
    unstacked: tables.filter(table => columns(table) > 2 && rows(table).some(row => style(row).display === 'table-row')).map(table => said(table.caption || table)),
    stops: all('[tabindex]').map((element, at) => [at, element]).filter(
      ([, element]) => element.tabIndex >= 0 && !element.matches(interactive) && inSight(element) && !scrolls(element)).map(([at, element]) => `${at} ${brief(element)}`),
    late: title && contents && inSight(contents) && contents.getBoundingClientRect().top < title.getBoundingClientRect().top ? ['contents before the title'] : [],
    overlapping, cut, shortened, faint, twice, empty, unsound,
    paper: luminance(paper),
    ink: luminance(style(document.documentElement).color),
  };
}
