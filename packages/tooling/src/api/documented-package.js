/** A package's API and its examples, and what they lack. */
import { ExampleProgram } from './example-types.js';
import { publicApi } from './public-api.js';

const place = ({ name, file }) => `${name} (${file})`;

/** Each with the name of what it is an example of: `parseLease`, `parseLease 2`. */
function examplesOf({ name, file, examples }) {
  return examples.map((one, index) => ({ ...one, file, name: index === 0 ? name : `${name} ${index + 1}` }));
}

export class DocumentedPackage {
  /** `{ name, title, code, file, line }` */
  examples;
  #api;
  #program;

  /** `folder` is an absolute path. */
  constructor(folder) {
    this.#api = publicApi(folder);
    this.examples = this.#withMembers().flatMap(examplesOf);
    this.#program = new ExampleProgram(this.examples, folder);
  }

  /** Exports, methods and accessors without a doc comment. */
  undocumented() {
    return this.#withMembers()
      .filter(({ summary }) => !summary)
      .map(place);
  }

  /** Functions and classes; an example of one of its methods is one of a class. */
  withoutExample() {
    return this.#api
      .filter(({ kind }) => kind !== 'other')
      .filter((one) => [one, ...one.members].every(({ examples }) => examples.length === 0))
      .map(place);
  }

  /** Methods and accessors that no example names. */
  unusedMembers() {
    const used = this.#program.usedMembers();
    const members = this.#api.flatMap((one) => one.members);
    return members.filter(({ name, isNamed }) => isNamed && !used.has(name)).map(place);
  }

  /** One line per error of the compiler in an example. */
  typeErrors() {
    return this.#program.errors();
  }

  #withMembers() {
    return this.#api.flatMap((one) => [one, ...one.members]);
  }
}
