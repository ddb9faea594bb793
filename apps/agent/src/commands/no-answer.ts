/** Exit code of commands that answer a question: where they could not even ask it, that is no answer. */
export const NO_ANSWER = 2;
