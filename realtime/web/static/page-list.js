// Updates a list of elements from rows. A row that remains keeps its element, with its focus and a click in progress.

// make(row) returns the element of a new row. Return a function that takes [[key, row], ...] and returns the elements in
// order. It creates the elements of new keys and removes those of missing keys. Other children of `parent` come last.
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
