import type { Command } from '../command.ts';
export const testEvent: Command = () => Promise.resolve(1);
