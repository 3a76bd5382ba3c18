// What a reader sees of a notebook's outputs: texts with their size and contrast, figures, tables, lines.
const panel = window.jupyterapp.shell.currentWidget.content.node;
const outputs = [...panel.querySelectorAll(".jp-OutputArea-output")];
const shown = node => node.getClientRects().length > 0;

function colour(text) {
  const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
  return { rgb: [r, g, b], a };
}
function background(node) {
  for (; node; node = node.parentElement) {
    const { rgb, a } = colour(getComputedStyle(node).backgroundColor);
    if (a > 0.5) return rgb;
  }
  return [255, 255, 255];
}
// The contrast of WCAG 2.
function luminance(rgb) {
  const [r, g, b] = rgb.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const texts = [], lines = [], cells = [];
for (const output of outputs) {
  const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: node, data } = walker.currentNode;
    if (!data.trim() || !shown(node)) continue;
    const style = getComputedStyle(node);
    texts.push({
      text: data.trim().slice(0, 60), pixels: parseFloat(style.fontSize),
      contrast: contrast(colour(style.color).rgb, background(node)),
    });
  }
  for (const pre of output.querySelectorAll("pre")) {
    const high = parseFloat(getComputedStyle(pre).lineHeight);
    const range = document.createRange();
    range.selectNodeContents(pre);
    lines.push({
      written: pre.textContent.replace(/\n$/, "").split("\n").length,
      seen: Math.round(range.getBoundingClientRect().height / high),
      text: pre.textContent.slice(0, 60),
    });
  }
  for (const cell of output.querySelectorAll("td, th")) {
    if (!shown(cell)) continue;
    const range = document.createRange();
    range.selectNodeContents(cell);
    const high = parseFloat(getComputedStyle(cell).fontSize);
    cells.push({
      text: cell.textContent, head: cell.tagName === "TH", align: getComputedStyle(cell).textAlign,
      lines: Math.round(range.getBoundingClientRect().height / high / 1.2),
      cut: cell.closest("table").offsetWidth > cell.closest("table").parentElement.clientWidth
        && getComputedStyle(cell.closest("table").parentElement).overflowX !== "auto",
    });
  }
}
const figures = outputs.flatMap(output => [...output.querySelectorAll("img")]).map(image => ({
  alt: image.alt, own: image.closest(".dropout-gluon") !== null, wide: image.getBoundingClientRect().width, inside: image.naturalWidth,
  cut: image.offsetWidth > image.parentElement.clientWidth
    && getComputedStyle(image.parentElement).overflowX !== "auto",
}));
const whole = panel.querySelector(".jp-WindowedPanel-outer");
return { texts, lines, cells, figures, beyond: whole.scrollWidth - whole.clientWidth };
