"""What holds for people who enlarge a page, choose its colours themselves or print it: said by rule."""

from playwright.sync_api import Page

# A window of 1280 by 1024 at 400 %.
ENLARGED = {"width": 320, "height": 256}
# What the margins of the printed page leave of A4.
PAPER = {"width": 688, "height": 1000}

COMMON = """
const told = (element) => element.outerHTML.replace(/\\s+/g, " ").slice(0, 110);
const seen = (element) => element.checkVisibility({ visibilityProperty: true });
const lists = "a[href], button, input, select, textarea, summary, [tabindex='0']";
const reached = () => [...document.querySelectorAll(lists)].filter(
  (element) => seen(element) && element.tabIndex >= 0 && !element.disabled && element.type !== "hidden");
const problems = [];
"""

# Tables and code may scroll by themselves, and so does a long line in a field.
ENLARGED_PROBLEMS = """() => {
  const mayScroll = ":has(> table), .prose table, pre, .scroll, input, select, textarea";
  const root = document.documentElement;
  const all = [...document.querySelectorAll("body *")].filter(seen);
  const styles = new Map(all.map((element) => [element, getComputedStyle(element)]));
  for (const [element, style] of styles) {
    const scrolls = /auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    if (scrolls && !element.matches(mayScroll)) problems.push(`scrolls sideways: ${told(element)}`);
  }
  const stuck = all.filter(
    (element) => /fixed|sticky/.test(styles.get(element).position) && !element.matches(":modal"));
  const holdsOn = (element) => {
    if (getComputedStyle(element).position === "fixed") return true;
    const { top } = element.getBoundingClientRect();
    element.style.position = "static";
    const natural = element.getBoundingClientRect().top;
    element.style.removeProperty("position");
    return Math.abs(top - natural) > 1;
  };
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    root.scrollTo({ top: part * (root.scrollHeight - innerHeight), behavior: "instant" });
    for (const element of stuck) {
      const box = element.getBoundingClientRect();
      const covers = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
      if (covers > innerHeight / 3 && holdsOn(element))
        problems.push(`covers ${covers} px: ${told(element)}`);
    }
  }
  const points = ({ left, right, top, bottom }) => [left + 1, (left + right) / 2, right - 1].flatMap(
    (x) => [top + 1, (top + bottom) / 2, bottom - 1].map((y) => [x, y]))
    .filter(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight);
  const covered = (element) => {
    const spots = points(element.getBoundingClientRect());
    return spots.length === 0 || spots.every(([x, y]) => {
      const cover = document.elementFromPoint(x, y)?.closest("*");
      return stuck.some((one) => one.contains(cover) && !one.contains(element));
    });
  };
  const order = reached();
  for (const element of stuck.length ? [...order, ...order.toReversed()] : order) {
    element.focus();
    if (document.activeElement === element && covered(element)) problems.push(`hidden: ${told(element)}`);
  }
  return [...new Set(problems)];
}""".replace("() => {", "() => {" + COMMON, 1)

# Shadows and soft backgrounds are gone where people choose the colours: what is left has to tell.
FORCED_PROBLEMS = """() => {
  const line = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const focusShown = (element) => {
    const holders = [element, element.closest("label, .choice, .composer"), ...(element.labels ?? [])];
    return holders.some((one) => one && line(getComputedStyle(one)));
  };
  for (const element of reached()) {
    element.focus();
    if (element.matches(":focus-visible") && !focusShown(element)) problems.push(`focus: ${told(element)}`);
  }
  document.activeElement?.blur();
  const look = (element) => ["", "::before", "::after"].map((part) => {
    const style = getComputedStyle(element, part || undefined);
    return [style.content, style.backgroundColor, style.color, style.textDecorationLine, style.borderTopColor,
      style.borderTopStyle, style.borderBottomColor, style.borderBottomWidth, style.outlineStyle,
      style.outlineColor].join();
  }).join(";") + [...element.querySelectorAll("svg")].map((icon) => getComputedStyle(icon).fill).join();
  const told_by = { "aria-pressed": "false", "aria-selected": "false", "aria-current": null };
  const chosen = [["aria-pressed", "[aria-pressed=true]"], ["aria-selected", "[aria-selected=true]"],
    ["aria-current", ":is(a, li, button)[aria-current]:not([aria-current=false])"]];
  for (const [attribute, selector] of chosen) for (const element of document.querySelectorAll(selector)) {
    if (!seen(element) || element.closest("[aria-hidden=true]")) continue;
    const [value, with_it] = [element.getAttribute(attribute), look(element)];
    if (told_by[attribute]) element.setAttribute(attribute, told_by[attribute]);
    else element.removeAttribute(attribute);
    if (look(element) === with_it) problems.push(`${attribute}: ${told(element)}`);
    element.setAttribute(attribute, value);
  }
  for (const input of document.querySelectorAll("label input:checked")) {
    const { width } = input.getBoundingClientRect();
    const shows = width > 4 && getComputedStyle(input).opacity !== "0";
    const label = input.closest("label");
    if (shows || !seen(label)) continue;
    const with_it = look(label);
    input.checked = false;
    if (look(label) === with_it) problems.push(`checked: ${told(label)}`);
    input.checked = true;
  }
  return [...new Set(problems)];
}""".replace("() => {", "() => {" + COMMON, 1)

PRINTED_PROBLEMS = """() => {
  const shown = (selector) => [...document.querySelectorAll(selector)].filter(
    (element) => seen(element) && element.getBoundingClientRect().width > 1);
  const pressed = "button, input, select, textarea:not([readonly]), .btn, form:not(:has(.poll-options))";
  for (const element of shown(`nav, .topbar, .foot, .skip, dialog, ${pressed}`))
    problems.push(`is printed: ${told(element)}`);
  const light = (colour) => {
    const [red, green, blue, alpha] = (colour.match(/[\\d.]+/g) ?? []).map(Number);
    return alpha === 0 ? null : (red + green + blue) / 765;
  };
  if (light(getComputedStyle(document.body).backgroundColor) !== 1) problems.push("the paper is not white");
  for (const element of document.querySelectorAll("#main :is(h1, h2, h3, p, li, td, th, dd, dt)")) {
    const style = getComputedStyle(element);
    if (seen(element) && light(style.color) > 0.5) problems.push(`is pale: ${told(element)}`);
  }
  for (const link of shown("#main :is(.prose a[href^=http], a.linked)"))
    if (!link.querySelector(".address") && !getComputedStyle(link, "::after").content.includes("http"))
      problems.push(`leads nowhere: ${told(link)}`);
  const excess = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (excess > 0) problems.push(`${excess} px wider than the paper`);
  return [...new Set(problems)];
}""".replace("() => {", "() => {" + COMMON, 1)


def enlarged_problems(page: Page) -> list[str]:
    """Return what stands in the way at 400 %: sideways scrolling, sticky parts, a focus below them."""
    page.set_viewport_size(ENLARGED)
    return [f"400 %: {one}" for one in page.evaluate(ENLARGED_PROBLEMS)]


def forced_colour_problems(page: Page) -> list[str]:
    """Return what can no longer be told apart in colours that the reader chose: focus, what is chosen."""
    page.emulate_media(forced_colors="active")
    page.keyboard.press("Shift")  # The focus is shown to whoever uses the keyboard.
    found = page.evaluate(FORCED_PROBLEMS)
    page.emulate_media(forced_colors="none")
    return [f"forced colours: {one}" for one in found]


def printed_problems(page: Page) -> list[str]:
    """Return what has no place on paper, or cannot be read there."""
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    found = page.evaluate(PRINTED_PROBLEMS)
    page.emulate_media(media="screen")
    return [f"on paper: {one}" for one in found]
