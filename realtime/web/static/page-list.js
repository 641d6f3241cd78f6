// A list of elements kept in step with rows: what stays is the same element as before, so that it keeps the focus, and a
// click that has begun on it ends there.

// make(row) gives the element of a new row. Returns what takes [[key, row], ...] and gives the elements in their order;
// a row whose key is new is made, one whose key is gone is taken out. What else stands in `parent` comes after them.
export function list(parent, make) {
  let elements = new Map();

  return (rows) => {
    const next = new Map(rows.map(([key, row]) => [key, elements.get(key) ?? make(row)]));
    const gone = [...elements].filter(([key]) => !next.has(key)).map(([, element]) => element);
    elements = next;
    const bereft = gone.find((element) => element.contains(document.activeElement));
    const heir = bereft && (following(bereft, gone, "nextElementSibling") ?? following(bereft, gone, "previousElementSibling"));
    for (const element of gone) element.remove();
    let place = parent.firstElementChild;
    for (const element of next.values()) {
      if (element === place) place = place.nextElementSibling;
      else parent.insertBefore(element, place);
    }
    heir?.querySelector("button")?.focus();
    return [...next.values()];
  };
}

function following(element, gone, way) {
  let found = element[way];
  while (gone.includes(found)) found = found[way];
  return found;
}
