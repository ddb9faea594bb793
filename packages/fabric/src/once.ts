/** Values that are made when they are first looked at. */

/** Of thousands of peers nobody may want to hear after each change. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
