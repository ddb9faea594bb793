/** The model of the `podlan` command that this repository has. */
import { ENVIRONMENT, EXITS, MANUALS, nameOf } from 'podlan/dist/commands/manual.js';
import { podlanProgram } from 'podlan/dist/program.js';
import { commandModel } from './command-model.mjs';

export const readCommands = () => commandModel(podlanProgram(), { manuals: MANUALS, exits: EXITS, nameOf });

/** Name and meaning of the variables that are not those of a flag. */
export const environment = ENVIRONMENT;
